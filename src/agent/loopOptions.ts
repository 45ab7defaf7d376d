import type { Ms } from "../domain/words.ts";
import type { Rng } from "../heal/backoff.ts";
import type { Look } from "./look.ts";
import type { AgentMemory } from "./memory.ts";
import type { Observation } from "./telemetry/samples.ts";

/** What the loop is given besides its ports. */
export type LoopOptions = {
  readonly relistMs: () => Ms;
  readonly rng: Rng;
  /** Whoever aborts it also puts news into the inbox, which ends the sleep. */
  readonly stopping: AbortSignal;
  /** The loop turns at least so often, or the watchdog would take a quiet hour for a hang. */
  readonly longestSleepMs: Ms;
  /** A turn went well; `isFresh` is false while everything was last looked at too long ago. */
  readonly turned: (memory: AgentMemory, isFresh: boolean) => void;
  readonly recorded: (look: Look["lines"]) => void;
  /** What services said, and which units were looked at. */
  readonly observed: (observation: Observation) => void;
};
