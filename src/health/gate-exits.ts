import type { UnitState } from "../domain/observed.ts";
import type { Ms } from "../domain/words.ts";
import { cannotHeal, phaseOf, sayExit } from "./unit.ts";

/**
 * Counts the exits of a unit from looks at it. NRestarts rises only when systemd starts the unit again, and a look between exit and
 * restart shows the exit before that; each exit is counted once, also when several happened between two looks.
 */
export type ExitCount = {
  /** NRestarts at the last look. */
  readonly restarts: number;
  /** Invocation at the last look, and since when it was seen. */
  readonly invocation: string;
  readonly invocationSeenAtMs: Ms;
  /** Invocation whose exit was counted already. */
  readonly counted: string;
  /** That exit is not in NRestarts yet. */
  readonly isAhead: boolean;
  readonly beforeReady: number;
  readonly afterReady: number;
  /** Exits while a dependency was not ready; they prove nothing about this service. */
  readonly excused: number;
  readonly last: string;
  /** How the newest run ended whose end was seen, if only while it was being cleared away. */
  readonly ending: string;
  /** An exit that no restart can heal. */
  readonly hopeless: string | undefined;
};

export function noExits(unit: UnitState, nowMs: Ms): ExitCount {
  return {
    restarts: unit.restarts,
    invocation: unit.invocation,
    invocationSeenAtMs: nowMs,
    counted: "",
    isAhead: false,
    beforeReady: 0,
    afterReady: 0,
    excused: 0,
    last: "",
    ending: "",
    hopeless: undefined,
  };
}

export type LookCircumstances = {
  readonly atMs: Ms;
  /** The run that the change replaces: its exit is our doing. */
  readonly isReplacedRun: boolean;
  readonly wasReady: boolean;
  readonly jobStartedAtMs: Ms | undefined;
  readonly oneshot: boolean;
  /** A stop with success is an exit of its own accord. */
  readonly isEndAnExit: boolean;
  /** Since when every dependency is ready; undefined = one is not. */
  readonly dependenciesReadySinceMs: Ms | undefined;
};

/** Folds one look at the unit into the count. */
export function countExits(count: ExitCount, unit: UnitState, seen: LookCircumstances): ExitCount {
  const isNew = unit.invocation !== count.invocation;
  const base: ExitCount = {
    ...count,
    restarts: unit.restarts,
    invocation: unit.invocation,
    invocationSeenAtMs: isNew ? seen.atMs : count.invocationSeenAtMs,
    ending: unit.result === "success" ? count.ending : sayExit(unit),
  };
  // A manual start sets NRestarts back to zero.
  if (seen.isReplacedRun) return { ...base, restarts: 0, ending: "" };
  const wasReset = unit.restarts < count.restarts;
  const risen = wasReset ? unit.restarts : unit.restarts - count.restarts;
  const unseen = Math.max(0, risen - (count.isAhead && !wasReset ? 1 : 0));
  const isNewExit = showsExit(unit, seen) && count.counted !== unit.invocation;
  const shown = isNewExit && !isInRestarts(unit) ? 1 : 0;
  const isAhead = shown === 1 || (count.isAhead && risen === 0 && !isNew);
  const exits = unseen + shown;
  if (exits === 0) return { ...base, isAhead };
  const counted = { ...base, isAhead, counted: isNewExit ? unit.invocation : count.counted, last: sayLast(base, unit, isNewExit) };
  const hopeless = cannotHeal(unit) ? { hopeless: sayExit(unit) } : {};
  return { ...counted, ...hopeless, ...addExits(count, exits, seen) };
}

/**
 * Once its restart is queued, NRestarts holds the exit that is still shown. That lasts: units that require this one are stopped first,
 * and one exit was counted as two.
 */
function isInRestarts(unit: UnitState): boolean {
  return unit.subState === "auto-restart-queued";
}

/** When systemd was faster than the looks, what the unit shows is its next run, which says nothing about the exit. */
function sayLast({ ending }: ExitCount, unit: UnitState, isNewExit: boolean): string {
  if (isNewExit) return sayExit(unit);
  return ending === "" ? "systemd started it again" : ending;
}

function showsExit(unit: UnitState, { oneshot, isEndAnExit }: LookCircumstances): boolean {
  const phase = phaseOf(unit);
  return phase === "restarting" || phase === "failed" || (phase === "ended" && isEndAnExit && !(oneshot && unit.result === "success"));
}

function addExits(count: ExitCount, exits: number, seen: LookCircumstances): Partial<ExitCount> {
  const { dependenciesReadySinceMs: readySinceMs } = seen;
  // The dependency must have been ready during the whole run: the application may have read it at its very start.
  const runSinceMs = Math.max(count.invocationSeenAtMs, seen.jobStartedAtMs ?? count.invocationSeenAtMs);
  if (readySinceMs === undefined || readySinceMs > runSinceMs) return { excused: count.excused + exits };
  return seen.wasReady ? { afterReady: count.afterReady + exits } : { beforeReady: count.beforeReady + exits };
}
