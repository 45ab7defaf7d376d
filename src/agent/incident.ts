import type { StackEvent } from "../domain/events.ts";
import type { Ms } from "../domain/words.ts";
import { isProvenBySystemdOnly } from "../health/roles.ts";
import type { ServiceHealth } from "../health/service.ts";
import { sayExit } from "../health/unit.ts";
import type { Incident, ServiceMemory } from "./memory.ts";

type Step = { readonly incident: Incident | undefined; readonly events: readonly StackEvent[] };

/**
 * Opens and closes incidents: one line when the trouble is first seen, one when it is over, nothing in between. A start that takes its
 * time is no trouble, nor is what a person or a deploy stopped. `isOurs`: while healing stops and starts things, only ends are told;
 * trouble that is more than that is still there afterwards.
 */
export function followIncident(service: ServiceMemory, health: ServiceHealth, nowMs: Ms, isOurs = false): Step {
  const { incident, unit } = service;
  if (incident !== undefined) {
    if (nowMs < closesAt(service, health)) return { incident, events: [] };
    const tookMs = health.sinceMs - incident.sinceMs;
    return {
      incident: undefined,
      events: [{ event: "healthy", service: unit.service, because: health.because, tookMs: Math.max(0, tookMs) }],
    };
  }
  const because = isOurs ? undefined : troubleOf(service.health, health);
  if (because === undefined) return { incident, events: [] };
  const sinceMs = health.outcome === "healthy" ? nowMs : health.sinceMs;
  return { incident: { sinceMs, because }, events: [{ event: "unhealthy", service: unit.service, because }] };
}

/** When an open incident is over, infinity while it is not known. systemd's word alone counts only after a while: each crash of a loop begins with it. */
export function closesAt({ policy }: Pick<ServiceMemory, "policy">, health: ServiceHealth): Ms {
  if (health.outcome !== "healthy") return Number.POSITIVE_INFINITY;
  return health.sinceMs + (isProvenBySystemdOnly(policy) ? policy.minHealthyMs : 0);
}

function troubleOf(before: ServiceHealth, now: ServiceHealth): string | undefined {
  const { unit } = now;
  if (now.outcome === "unhealthy" || now.outcome === "failed") return now.because;
  if (now.outcome === "notReady" && now.wasReady) return now.because;
  if (unit === undefined) return undefined;
  if (now.phase === "restarting") return `${sayExit(unit)}; systemd restarts it`;
  // It exited and was started again between two looks.
  if (before.unit !== undefined && unit.restarts > before.unit.restarts) return "it exited, and systemd restarted it";
  return undefined;
}
