import { createHash } from "node:crypto";
import type { Probe, ProbeRoute } from "../domain/policy.ts";
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
};

/** What to ask now, and when the next question is due after that. Services that are being asked are left out until they answered. */
export function dueProbes(
  memory: AgentMemory,
  asking: ReadonlySet<ServiceName>,
  nowMs: Ms,
): { readonly asks: readonly Ask[]; readonly nextMs: Ms } {
  const asks: Ask[] = [];
  let nextMs = Number.POSITIVE_INFINITY;
  for (const { stack, services } of memory.values()) {
    for (const { unit, policy, health } of services.values()) {
      if (asking.has(unit.service)) continue;
      for (const { probe, roles, atMs } of nextProbes(health, policy, nowMs, spreadOf(unit.service))) {
        if (atMs > nowMs) nextMs = Math.min(nextMs, atMs);
        else {
          const about = { stack, service: unit.service, invocation: health.invocation };
          asks.push({ ...about, probe, roles, route: routeFor(unit, probe), timeoutMs: policy.timeoutMs });
        }
      }
    }
  }
  return { asks, nextMs };
}

/** A place in the period, 0 to 1, the same for ever: services that ran before the agent did are not all asked at once. */
export function spreadOf(service: ServiceName): number {
  return createHash("sha256").update(service).digest().readUInt32BE(0) / 2 ** 32;
}
