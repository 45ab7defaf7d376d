import type { Policy, Probe, ProbeRoute } from "../domain/policy.ts";
import type { Ms, ServiceName, StackName } from "../domain/words.ts";
import type { ProbeRole } from "../health/roles.ts";
import { nextProbes } from "../health/schedule.ts";
import { routeFor } from "../stack/route.ts";
import type { AgentMemory } from "./memory.ts";

/** One question to ask now. */
export type Ask = {
  readonly stack: StackName;
  readonly service: ServiceName;
  readonly invocation: string;
  readonly probe: Probe;
  readonly route: ProbeRoute;
  readonly roles: readonly ProbeRole[];
  readonly timeoutMs: Ms;
  /** It was healthy; a yes tells nothing new. */
  readonly isRoutine: boolean;
};

/** A question to a healthy service may come a little early, so that one turn of the loop asks several: half of what it costs is waking up. */
function slackOf({ periodMs }: Policy): Ms {
  return Math.min(2000, periodMs / 5);
}

/** What to ask now, and when the next question is due after that. Services that are being asked are left out until they answered. */
export function dueProbes(
  memory: AgentMemory,
  asking: ReadonlySet<ServiceName>,
  nowMs: Ms,
): { readonly asks: readonly Ask[]; readonly nextMs: Ms } {
  const asks: Ask[] = [];
  let nextMs = Number.POSITIVE_INFINITY;
  for (const { stack, services } of memory.values()) {
    for (const { unit, policy, health, spread } of services.values()) {
      if (asking.has(unit.service)) continue;
      for (const { probe, roles, atMs } of nextProbes(health, policy, nowMs, spread)) {
        const isRoutine = health.outcome === "healthy";
        if (atMs > nowMs + (isRoutine ? slackOf(policy) : 0)) nextMs = Math.min(nextMs, atMs);
        else {
          const about = { stack, service: unit.service, invocation: health.invocation };
          asks.push({ ...about, probe, roles, isRoutine, route: routeFor(unit, probe), timeoutMs: policy.timeoutMs });
        }
      }
    }
  }
  return { asks, nextMs };
}
