import type { UnitState } from "../domain/observed.ts";
import type { Policy, ProbeResult } from "../domain/policy.ts";
import type { Ms } from "../domain/words.ts";
import { judgeOutcome } from "./outcome.ts";
import { type ProbeRole, probeRoles } from "./roles.ts";
import { countResult, emptyRun, type Run } from "./run.ts";
import { phaseOf, type UnitPhase } from "./unit.ts";

/**
 * The health of one service, with the kubelet's semantics. Invariants: readiness starts failing, liveness passing, startup unknown;
 * startup gates the other two; an error changes no verdict; after a failed startup or liveness the service is on hold until a new
 * invocation; a failed readiness never leads to a restart.
 */
export type HealthOutcome =
  | "unknown"
  | "starting"
  | "healthy"
  /** Startup or liveness failed; on hold until a new invocation. */
  | "unhealthy"
  /** Runs, and does not accept work; never a reason to restart. */
  | "notReady"
  | "stopped"
  /** systemd has given up on it. */
  | "failed";

export type ServiceHealth = {
  readonly outcome: HealthOutcome;
  /** `HTTP 500, 3 times in a row`. */
  readonly because: string;
  /** Since when the outcome is what it is, monotonic. */
  readonly sinceMs: Ms;
  readonly phase: UnitPhase | undefined;
  readonly unit: UnitState | undefined;
  readonly invocation: string;
  /** When the container of this invocation started, monotonic; undefined while it does not run. */
  readonly startedAtMs: Ms | undefined;
  /** It ran already when it was first looked at (the agent restarted); its first probe is spread over a period. */
  readonly seenRunningAtMs: Ms | undefined;
  readonly startup: "unknown" | "pass" | "fail";
  readonly startupPassedAtMs: Ms | undefined;
  readonly readiness: "pass" | "fail";
  readonly liveness: "pass" | "fail";
  /** Since when readiness passes without a break. */
  readonly readySinceMs: Ms | undefined;
  /** Readiness passed at least once in this invocation. */
  readonly wasReady: boolean;
  /** No probes count until a new invocation. */
  readonly onHold: boolean;
  readonly runs: Readonly<Record<ProbeRole, Run>>;
};

export type HealthObservation =
  /** A look at the unit. `ageMs`: how long its container has run, from a monotonic source where there is one. */
  | { readonly kind: "unit"; readonly atMs: Ms; readonly unit: UnitState; readonly ageMs?: Ms }
  /** An answer, with the invocation that was asked: an answer of an earlier container counts for nothing. */
  | {
      readonly kind: "probe";
      readonly atMs: Ms;
      readonly invocation: string;
      readonly roles: readonly ProbeRole[];
      readonly result: ProbeResult;
    }
  /** Ends a hold without a new invocation: its dependency was down and is back, so it may prove itself once more. */
  | { readonly kind: "recheck"; readonly atMs: Ms };

/** The outcome changed; `lastedMs` is how long the old one had lasted. */
export type HealthChange = {
  readonly from: HealthOutcome;
  readonly to: HealthOutcome;
  readonly because: string;
  readonly atMs: Ms;
  readonly lastedMs: Ms;
};

const unproven = {
  startedAtMs: undefined,
  seenRunningAtMs: undefined,
  startup: "unknown",
  startupPassedAtMs: undefined,
  readiness: "fail",
  liveness: "pass",
  readySinceMs: undefined,
  wasReady: false,
  onHold: false,
  runs: { startup: emptyRun, readiness: emptyRun, liveness: emptyRun },
} as const satisfies Partial<ServiceHealth>;

/** Nothing was seen yet. */
export function initialHealth(nowMs: Ms): ServiceHealth {
  return {
    ...unproven,
    outcome: "unknown",
    because: "not looked at yet",
    sinceMs: nowMs,
    phase: undefined,
    unit: undefined,
    invocation: "",
  };
}

/** Folds one observation into the health of a service. */
export function observe(
  health: ServiceHealth,
  observation: HealthObservation,
  policy: Policy,
): { readonly health: ServiceHealth; readonly changes: readonly HealthChange[] } {
  const { atMs } = observation;
  const seen = seeObservation(health, observation, policy);
  const { outcome, because } = judgeOutcome(seen, policy);
  if (outcome === health.outcome) return { health: { ...seen, because }, changes: [] };
  const change = { from: health.outcome, to: outcome, because, atMs, lastedMs: Math.max(0, atMs - health.sinceMs) };
  return { health: { ...seen, outcome, because, sinceMs: atMs }, changes: [change] };
}

function seeObservation(health: ServiceHealth, observation: HealthObservation, policy: Policy): ServiceHealth {
  if (observation.kind === "unit") return seeUnit(health, observation, policy);
  if (observation.kind === "probe") return seeAnswer(health, observation, policy);
  return health.onHold ? recheck(health, observation.atMs) : health;
}

function recheck(health: ServiceHealth, atMs: Ms): ServiceHealth {
  if (health.startup === "fail") return { ...health, ...unproven, startedAtMs: atMs };
  return { ...health, onHold: false, liveness: "pass", runs: { ...health.runs, readiness: emptyRun, liveness: emptyRun } };
}

function seeUnit(before: ServiceHealth, seen: Extract<HealthObservation, { kind: "unit" }>, policy: Policy): ServiceHealth {
  const { unit, atMs } = seen;
  const phase = phaseOf(unit);
  const isNew = unit.invocation !== before.invocation;
  const health: ServiceHealth = { ...before, ...(isNew ? unproven : {}), unit, phase, invocation: unit.invocation };
  // Termination: not ready, nothing asked, and no failure is reported for it.
  if (phase !== "up") return { ...health, readiness: "fail", readySinceMs: undefined };
  const started = health.startedAtMs === undefined ? seeContainer(health, before, seen, policy) : health;
  return probeRoles.reduce(
    (sum, role) => (policy[role].kind === "unit" && !sum.onHold ? judgeRole(sum, role, systemdSaysYes, atMs, policy) : sum),
    started,
  );
}

const systemdSaysYes: ProbeResult = { outcome: "success", detail: "systemd says active", latencyMs: 0 };

/**
 * The container of this invocation is up for the first time. One that was up before anybody looked is old: past its start-up deadline
 * it counts as started, or an agent restart would hide a hung service behind the startup probe for another deadline.
 */
function seeContainer(
  health: ServiceHealth,
  before: ServiceHealth,
  { atMs, ageMs }: { readonly atMs: Ms; readonly ageMs?: Ms },
  policy: Policy,
): ServiceHealth {
  const isFirstLook = before.phase === undefined;
  if (!isFirstLook || ageMs === undefined) return { ...health, startedAtMs: atMs, seenRunningAtMs: isFirstLook ? atMs : undefined };
  const age = Math.max(0, ageMs);
  const isOld = age >= policy.startupDeadlineMs;
  return {
    ...health,
    startedAtMs: atMs - age,
    seenRunningAtMs: atMs,
    ...(isOld ? { startup: "pass", startupPassedAtMs: atMs } : {}),
  };
}

function seeAnswer(health: ServiceHealth, answer: Extract<HealthObservation, { kind: "probe" }>, policy: Policy): ServiceHealth {
  if (answer.invocation !== health.invocation) return health;
  return probeRoles
    .filter((role) => answer.roles.includes(role))
    .reduce((sum, role) => (counts(sum, role) ? judgeRole(sum, role, answer.result, answer.atMs, policy) : sum), health);
}

/** Startup is asked until it passed, the others only afterwards, and nothing while the container is down or on hold. */
function counts(health: ServiceHealth, role: ProbeRole): boolean {
  if (health.phase !== "up" || health.onHold) return false;
  return role === "startup" ? health.startup === "unknown" : health.startup === "pass";
}

type Judge = (health: ServiceHealth, run: Run, atMs: Ms, policy: Policy) => Partial<ServiceHealth>;

const judges: Readonly<Record<ProbeRole, Judge>> = {
  startup: (health, run, atMs, policy) => {
    if (run.successes > 0) return { startup: "pass", startupPassedAtMs: atMs };
    const deadlineMs = (health.startedAtMs ?? atMs) + policy.startupDeadlineMs;
    // The threshold counts too: after a suspended machine wakes, one stale failure behind the deadline must not restart anything.
    return run.failures >= policy.failureThreshold && atMs >= deadlineMs ? { startup: "fail", onHold: true } : {};
  },
  readiness: (health, run, atMs, policy) => {
    if (run.successes >= policy.successThreshold) return { readiness: "pass", wasReady: true, readySinceMs: health.readySinceMs ?? atMs };
    return run.failures >= policy.failureThreshold ? { readiness: "fail", readySinceMs: undefined } : {};
  },
  liveness: (_health, run, _atMs, policy) =>
    run.failures >= policy.failureThreshold ? { liveness: "fail", onHold: true, readiness: "fail", readySinceMs: undefined } : {},
};

function judgeRole(health: ServiceHealth, role: ProbeRole, result: ProbeResult, atMs: Ms, policy: Policy): ServiceHealth {
  if (!counts(health, role)) return health;
  const run = countResult(health.runs[role], result, atMs);
  const counted = { ...health, runs: { ...health.runs, [role]: run } };
  if (result.outcome === "error") return counted;
  return { ...counted, ...judges[role](counted, run, atMs, policy) };
}
