import { digestLabel, type Generation, type GenerationUnit } from "../domain/generation.ts";
import type { LedgerState } from "../domain/ledger.ts";
import type { ContainerFact, NetworkFact, UnitState, VolumeFact } from "../domain/observed.ts";
import type { Digest, GenerationNumber, ServiceName } from "../domain/words.ts";

/** Everything a plan looks at on the machine, read in one go. */
export type Observed = {
  readonly ledger: LedgerState;
  /** The generation the live link names; 0 = no link, undefined = something that is not ours stands there. */
  readonly live: GenerationNumber | undefined;
  /** The generation that should run now; the empty one when nothing was deployed yet. */
  readonly current: Generation;
  /** The generation of an unfinished change. */
  readonly pending: Generation | undefined;
  /** Services of kept generations that the candidate may lack: what must be stopped when they still run. */
  readonly known: ReadonlyMap<ServiceName, GenerationUnit>;
  readonly units: ReadonlyMap<ServiceName, UnitState>;
  readonly containers: readonly ContainerFact[];
  readonly networks: readonly NetworkFact[];
  readonly volumes: readonly VolumeFact[];
  readonly secrets: readonly string[];
};

/** Active, or on its way there: systemd keeps a process for it. */
export function isUp(state: UnitState | undefined): boolean {
  return state !== undefined && ["active", "activating", "reloading", "refreshing"].includes(state.activeState);
}

/**
 * The digest of the unit that the running object was made from, read off the object's own label: the ledger can be behind after a
 * power cut, the object cannot. Undefined when there is no such object. Pods and kube units have no label that Podman lists: the
 * ledger stands in, and while a change is unfinished two generations are possible, so a unit that they disagree on counts as changed.
 */
export function runningDigest(unit: GenerationUnit, observed: Observed): Digest | undefined {
  const inLedger = observed.current.units.find((other) => other.service === unit.service)?.digest ?? "";
  if (unit.type === "pod" || unit.type === "kube") {
    if (!isUp(observed.units.get(unit.service))) return undefined;
    const inPending = observed.pending?.units.find((other) => other.service === unit.service)?.digest;
    return inPending === undefined || inPending === inLedger ? inLedger : "";
  }
  const labels = objectLabels(unit, observed);
  return labels === undefined ? undefined : (labels[digestLabel] ?? inLedger);
}

/** A oneshot that ended well is done, not down. */
export function isFinished(unit: GenerationUnit, state: UnitState | undefined): boolean {
  if (state?.activeState !== "inactive" || state.result !== "success" || state.invocation === "") return false;
  return isOneshot(unit);
}

/** Runs once and is done; rendered text, so there is one spelling. */
export function isOneshot(unit: Pick<GenerationUnit, "text">): boolean {
  return /^Type\s*=\s*oneshot\s*$/m.test(unit.text);
}

function objectLabels(unit: GenerationUnit, observed: Observed): Readonly<Record<string, string>> | undefined {
  switch (unit.type) {
    case "network":
      return observed.networks.find((network) => network.name === unit.object)?.labels;
    case "volume":
      return observed.volumes.find((volume) => volume.name === unit.object)?.labels;
    default:
      return (
        observed.containers.find((container) => container.name === unit.object) ??
        observed.containers.find((container) => container.service === unit.service)
      )?.labels;
  }
}
