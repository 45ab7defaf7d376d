import fc from "fast-check";
import type { Test } from "tap";
import type { UnitState } from "../../../src/domain/observed.ts";
import type { Policy, Probe, ProbeResult } from "../../../src/domain/policy.ts";
import { type HealthChange, type HealthObservation, initialHealth, observe, type ServiceHealth } from "../../../src/health/service.ts";
import { somePolicy, stateOf } from "../../support/given.ts";

/** What the tests of health and heal start from. All times are numbers; nothing waits. */

export const http: Probe = { kind: "http", tls: false, port: 8080, path: "/health" };
export const otherHttp: Probe = { kind: "http", tls: false, port: 8080, path: "/ready" };
export const unitProbe: Probe = { kind: "unit" };

export function policy(more: Partial<Policy> = {}): Policy {
  return { ...somePolicy, startup: http, readiness: http, liveness: http, ...more };
}

export function unit(service: string, more: Partial<UnitState> = {}): UnitState {
  const paths = { sourcePath: `/generations/0001/units/${service}`, fragmentPath: `/run/generator/${service}` };
  return stateOf(service, { ...paths, invocation: "a1", activeSince: 0, stateChangedAt: 0, ...more });
}

export const idle = { activeState: "inactive", subState: "dead", invocation: "" } as const;
export const stopped = { activeState: "inactive", subState: "dead" } as const;
export const failed = { activeState: "failed", subState: "failed", result: "exit-code", execMainStatus: 1 } as const;
export const autoRestart = { activeState: "activating", subState: "auto-restart", result: "exit-code", execMainStatus: 1 } as const;

export const yes: ProbeResult = { outcome: "success", detail: "HTTP 200", latencyMs: 1 };
export const no: ProbeResult = { outcome: "failure", detail: "HTTP 500", latencyMs: 1 };
export const unasked: ProbeResult = { outcome: "error", detail: "no interface covers 172.20.0.5", latencyMs: 1 };

/** A service under observation: feeds the reducer and keeps every change. */
export type Story = { health: ServiceHealth; readonly changes: HealthChange[]; readonly policy: Policy };

export function story(more: Partial<Policy> = {}): Story {
  return { health: initialHealth(0), changes: [], policy: policy(more) };
}

export function see(it: Story, ...observations: readonly HealthObservation[]): ServiceHealth {
  for (const observation of observations) {
    const { health, changes } = observe(it.health, observation, it.policy);
    it.health = health;
    it.changes.push(...changes);
  }
  return it.health;
}

export const all = ["startup", "readiness", "liveness"] as const;

export function answer(
  atMs: number,
  result: ProbeResult,
  roles: readonly ("startup" | "readiness" | "liveness")[] = all,
  invocation = "a1",
): Extract<HealthObservation, { kind: "probe" }> {
  return { kind: "probe", atMs, invocation, roles, result };
}

export function look(atMs: number, more: Partial<UnitState> = {}): HealthObservation {
  return { kind: "unit", atMs, unit: unit("web.service", more) };
}

/** A health with a past: idle, started at 0, and one answer. */
export function healthyAt(atMs: number, more: Partial<Policy> = {}): Story {
  const it = story(more);
  see(it, look(0, idle), look(0), answer(atMs, yes));
  return it;
}

/** A property as one assertion: its failure shows the shrunk counterexample. */
export function holds<T>(t: Test, property: fc.IProperty<T>): void {
  t.doesNotThrow(() => fc.assert(property));
}
