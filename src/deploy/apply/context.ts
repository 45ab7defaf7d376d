import type { Generation } from "../../domain/generation.ts";
import type { Ms, StackName } from "../../domain/words.ts";
import type { Ports } from "../../ports/ports.ts";
import type { Failpoint } from "../failpoint.ts";
import type { Gate } from "../gate.ts";

/** What a change needs while its steps run. One per direction: the way back has its own gate. */
export type ChangeContext = {
  readonly ports: Ports;
  readonly stack: StackName;
  readonly verb: string;
  /** The generation this direction leads to. */
  readonly target: Generation;
  readonly gate: Gate;
  readonly startedAtMs: Ms;
  readonly failpoint: Failpoint;
  /** One line for a person who waits. */
  readonly progress: (line: string) => void;
  readonly interrupted: AbortSignal;
};
