import type { GenerationNumber, Ms, ServiceName } from "../domain/words.ts";
import type { UnitPhase } from "../health/unit.ts";
import { type Breaker, closedBreaker } from "./breaker.ts";
import type { Restarts } from "./budget.ts";

/** What healing does about a service, in a word; `why` prints it with its because. */
export type HealStance =
  | "fine"
  /** systemd is at it. */
  | "systemd"
  /** Inside the back-off. */
  | "waiting"
  | "acting"
  /** By order of a person, or because the cause lies elsewhere. */
  | "left-alone"
  /** The breaker is open. */
  | "given-up";

export type ServiceHealing = {
  readonly stance: HealStance;
  readonly because: string;
  /** Our restarts since it was last healthy for ten minutes: the exponent of the back-off. */
  readonly attempts: number;
  /** Earliest time of the next one, drawn when the need arose; undefined while there is none. */
  readonly notBeforeMs: Ms | undefined;
  /** Restarts inside the budget's window, systemd's too. */
  readonly restarts: Restarts;
  readonly breaker: Breaker;
  readonly healthySinceMs: Ms | undefined;
  /** NRestarts and phase at the last look. */
  readonly seenRestarts: number | undefined;
  readonly seenPhase: UnitPhase | undefined;
  /** Since when it is down. */
  readonly downSinceMs: Ms | undefined;
  /** The service it went down with. */
  readonly strandedBy: ServiceName | undefined;
  /** The dependency that is down. */
  readonly blockedBy: ServiceName | undefined;
  readonly isLooping: boolean;
};

/** Tries to put back a network, a volume or unit files. */
export type ObjectHealing = { readonly attempts: number; readonly lastAtMs: Ms; readonly notBeforeMs: Ms };

export type HealState = {
  readonly generation: GenerationNumber;
  readonly services: ReadonlyMap<ServiceName, ServiceHealing>;
  readonly objects: ReadonlyMap<string, ObjectHealing>;
  /** A rollback was asked for: once a generation is enough, the answer to a second one would be the same. */
  readonly hasRolledBack: boolean;
};

export const newHealing: ServiceHealing = {
  stance: "fine",
  because: "",
  attempts: 0,
  notBeforeMs: undefined,
  restarts: [],
  breaker: closedBreaker,
  healthySinceMs: undefined,
  seenRestarts: undefined,
  seenPhase: undefined,
  downSinceMs: undefined,
  strandedBy: undefined,
  blockedBy: undefined,
  isLooping: false,
};

/** A breaker that was open when the agent ended, with how long ago it opened. */
export type RememberedBreaker = { readonly service: ServiceName; readonly because: string; readonly ageMs: Ms; readonly windowMs: Ms };

/** The state of a stack of which nothing is known but its open breakers. */
export function initialHealState(generation: GenerationNumber, open: readonly RememberedBreaker[], nowMs: Ms): HealState {
  const services = open.map(({ service, because, ageMs, windowMs }): [ServiceName, ServiceHealing] => {
    const sinceMs = nowMs - Math.max(0, ageMs);
    const breaker: Breaker = { state: "open", openings: 1, sinceMs, retryAtMs: Math.max(nowMs, sinceMs + windowMs), because };
    return [service, { ...newHealing, breaker, stance: "given-up", because }];
  });
  return { generation, services: new Map(services), objects: new Map(), hasRolledBack: false };
}
