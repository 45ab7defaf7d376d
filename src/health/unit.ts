import type { UnitState } from "../domain/observed.ts";

/**
 * What a unit's state means for its container, in one word. `ActiveState` alone must not be trusted: before an automatic restart the
 * unit flashes `failed` for a millisecond, and a crash loop with Restart=always never reads `failed` at all.
 */
export type UnitPhase =
  /** systemd does not know the unit and it does not run. */
  | "missing"
  /** Loaded, and never ran since the manager started. */
  | "idle"
  | "starting"
  | "up"
  | "stopping"
  /** It exited, and systemd is about to start it again. */
  | "restarting"
  /** Not running: it was stopped, or ended with success. */
  | "ended"
  /** Not running, and systemd has given up on it. */
  | "failed";

const phases = {
  active: "up",
  reloading: "up",
  refreshing: "up",
  activating: "starting",
  maintenance: "starting",
  deactivating: "stopping",
  failed: "failed",
  inactive: "ended",
} as const satisfies Record<UnitState["activeState"], UnitPhase>;

/** The phase of a unit. */
export function phaseOf(unit: UnitState): UnitPhase {
  if (unit.subState.includes("auto-restart")) return "restarting";
  const phase = phases[unit.activeState];
  if (phase !== "ended") return phase;
  if (unit.invocation !== "") return "ended";
  return unit.loadState === "not-found" ? "missing" : "idle";
}

/** Exit codes that Podman keeps for itself; restarting cannot heal the cause. */
const podmanExits: Readonly<Record<number, string>> = {
  125: "Podman could not create the container",
  126: "the command cannot be executed",
  127: "the command was not found",
  137: "killed, often for lack of memory",
};

const results: Readonly<Record<string, (status: number) => string>> = {
  success: (status) => `exit ${status}`,
  "exit-code": (status) => (podmanExits[status] === undefined ? `exit ${status}` : `exit ${status}: ${podmanExits[status]}`),
  signal: (status) => `killed by signal ${status}`,
  "core-dump": (status) => `crashed with signal ${status}`,
  "oom-kill": () => "killed for lack of memory",
  timeout: () => "systemd's time limit passed",
  watchdog: () => "its watchdog was not fed",
  "start-limit-hit": () => "started too often, systemd gave up",
  protocol: () => "it ended before it said that it was ready",
  resources: () => "systemd lacked a resource to start it",
};

/** How the last run of a unit ended: `exit 127: the command was not found`. */
export function sayExit(unit: UnitState): string {
  return results[unit.result]?.(unit.execMainStatus) ?? unit.result;
}

/** True for an exit that no restart can heal (125 to 127). */
export function cannotHeal(unit: UnitState): boolean {
  return unit.result === "exit-code" && unit.execMainStatus >= 125 && unit.execMainStatus <= 127;
}
