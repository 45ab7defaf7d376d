import type { Policy, Probe } from "../domain/policy.ts";
import type { Ms } from "../domain/words.ts";
import { type ProbeRole, probeRoles, rolesOfSameProbe } from "./roles.ts";
import type { ServiceHealth } from "./service.ts";

/** One question to ask, the roles its answer serves, and when (monotonic, never in the past). */
export type DueProbe = { readonly probe: Probe; readonly roles: readonly ProbeRole[]; readonly atMs: Ms };

/** The first gap between probes of a service that was not ready yet; doubles up to its period. */
const firstGapMs = 100;

/**
 * The next questions to ask, one per different probe. `spread01` (0 to 1, fixed per service) spreads the first probes of services that
 * ran before the agent did. After a sleep of any length there is at most one probe per question, never a burst.
 */
export function nextProbes(health: ServiceHealth, policy: Policy, nowMs: Ms, spread01: number): readonly DueProbe[] {
  if (health.phase !== "up" || health.onHold) return [];
  const roles: readonly ProbeRole[] = health.startup === "unknown" ? ["startup"] : ["readiness", "liveness"];
  const asked = roles.filter((role) => policy[role].kind !== "unit");
  const due = new Map(asked.map((role) => [role, dueAt(health, role, policy, spread01)]));
  const taken = new Set<ProbeRole>();
  return asked.flatMap((role) => {
    if (taken.has(role)) return [];
    const shared = rolesOfSameProbe(policy, role);
    const atMs = Math.max(nowMs, Math.min(...shared.map((other) => due.get(other) ?? Number.POSITIVE_INFINITY)));
    const served = shared.filter((other) => rides(health, policy, due.get(other), { role: other, atMs }));
    for (const other of shared) taken.add(other);
    return [{ probe: policy[role], roles: probeRoles.filter((other) => served.includes(other)), atMs }];
  });
}

/**
 * Whether a role is served by a question asked at `atMs`. A role that is due within half a period rides along, so equal probes fall
 * into step. Liveness must not ride on the quick probes before readiness: it would be asked, and could fail, twice as often as planned.
 */
function rides(health: ServiceHealth, policy: Policy, due: Ms | undefined, at: { readonly role: ProbeRole; readonly atMs: Ms }): boolean {
  // Gated roles take a successful startup answer at once.
  if (health.startup === "unknown") return true;
  if (due === undefined) return false;
  const isEarlyOk = at.role !== "liveness" || health.wasReady;
  return due <= at.atMs + (isEarlyOk ? policy.periodMs / 2 : 0);
}

function dueAt(health: ServiceHealth, role: ProbeRole, policy: Policy, spread01: number): Ms {
  const run = health.runs[role];
  const isQuick = role === "startup" || (role === "readiness" && !health.wasReady && !isSeenStarted(health));
  const gapMs = isQuick ? Math.min(firstGapMs * 2 ** Math.min(run.asks, 30), policy.periodMs) : policy.periodMs;
  if (run.askedAtMs !== undefined) return run.askedAtMs + gapMs;
  const { startedAtMs = 0, seenRunningAtMs, startupPassedAtMs = 0 } = health;
  const firstAtMs = startedAtMs + policy.initialDelayMs;
  if (seenRunningAtMs !== undefined && (role === "startup" || isSeenStarted(health)))
    return Math.max(firstAtMs, seenRunningAtMs + spread01 * policy.periodMs);
  // Readiness and liveness are asked at once after startup passed, not a period later.
  return role === "startup" ? firstAtMs + gapMs : Math.max(firstAtMs, startupPassedAtMs);
}

/** It was taken for started when first seen, without an answer of its startup probe. */
function isSeenStarted(health: ServiceHealth): boolean {
  return health.seenRunningAtMs !== undefined && health.startupPassedAtMs === health.seenRunningAtMs;
}
