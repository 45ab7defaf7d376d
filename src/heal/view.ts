import type { Policy } from "../domain/policy.ts";
import type { GenerationNumber, Ms, ServiceName } from "../domain/words.ts";
import type { ServiceHealth } from "../health/service.ts";

/** A network or volume that should exist and does not, and the unit that creates it. */
export type MissingObject = { readonly name: string; readonly unit: ServiceName | undefined };

/** One service as healing sees it. Its unit's state is in `health.unit`. */
export type ServiceView = {
  readonly service: ServiceName;
  readonly health: ServiceHealth;
  readonly policy: Policy;
  /** Services that it starts after; those not in the view are ignored. */
  readonly after: readonly ServiceName[];
  /** Subset of `after` whose loss stops this one. */
  readonly requires: readonly ServiceName[];
  readonly oneshot: boolean;
  readonly stoppedByHand: boolean;
  /** The current generation changed it: its breaker rolls back during probation. */
  readonly changed: boolean;
  readonly missingNetworks: readonly MissingObject[];
  readonly missingVolumes: readonly MissingObject[];
};

/** A stack as healing sees it, at one moment. */
export type StackView = {
  readonly generation: GenerationNumber;
  readonly services: readonly ServiceView[];
  /** Unit files or the live link that are gone from where they were. */
  readonly missingUnitFiles: readonly string[];
  /** Who holds the lane, undefined when it is free. While somebody does, nothing is decided. */
  readonly laneHolder: string | undefined;
  /** The user asked to leave the stack alone. */
  readonly paused: boolean;
  /** The generation passed its gate less than ten minutes ago and there is one to go back to. */
  readonly inProbation: boolean;
};

/** What the agent does about it. Every restart and start goes through the back-off; ResetFailedUnit happens in the adapter. */
export type HealAction =
  | {
      readonly kind: "restart";
      readonly service: ServiceName;
      readonly because: string;
      /** Time for a clean stop; then the whole unit is killed. */
      readonly graceMs: Ms;
      /** Counts from 1. */
      readonly attempt: number;
    }
  | { readonly kind: "start"; readonly service: ServiceName; readonly because: string; readonly attempt: number }
  /** Feed `{ kind: "recheck" }` to its health: its dependency is back, it may prove itself before it is restarted. */
  | { readonly kind: "recheck"; readonly service: ServiceName; readonly because: string }
  | { readonly kind: "restore-unit-files"; readonly files: readonly string[]; readonly because: string }
  /** Restart the network's unit, then the services that use it. */
  | {
      readonly kind: "recreate-network";
      readonly network: string;
      readonly unit: ServiceName | undefined;
      readonly services: readonly ServiceName[];
      readonly because: string;
    }
  | {
      readonly kind: "recreate-volume";
      readonly volume: string;
      readonly unit: ServiceName | undefined;
      readonly services: readonly ServiceName[];
      readonly because: string;
    }
  | { readonly kind: "open-breaker"; readonly service: ServiceName; readonly because: string; readonly retryMs: Ms }
  | { readonly kind: "close-breaker"; readonly service: ServiceName; readonly because: string }
  | { readonly kind: "rollback"; readonly service: ServiceName; readonly because: string };
