import type { ServiceStatus, StackStatus } from "../deploy/status.ts";
import type { ProbeRoute } from "../domain/policy.ts";
import type { HealStance } from "../heal/state.ts";
import { isDegraded } from "../health/outcome.ts";
import { routeFor } from "../stack/route.ts";
import type { AgentMemory, ServiceMemory, StackMemory } from "./memory.ts";
import type { TelemetryStatus } from "./telemetry/status.ts";

/** What the agent knows about a service, more than a fresh look could tell. */
export type AgentServiceStatus = ServiceStatus & {
  readonly route: ProbeRoute;
  readonly degraded: boolean;
  /** What healing does about it, and why. */
  readonly healing: HealStance;
  readonly healingBecause: string;
  /** ms since 1970; 0 = no try is planned. */
  readonly nextTry: number;
};

export type AgentStackStatus = Omit<StackStatus, "services"> & { readonly services: readonly AgentServiceStatus[] };
export type AgentStatus = {
  readonly version: string;
  readonly telemetry: TelemetryStatus;
  readonly stacks: readonly AgentStackStatus[];
};

type Moment = { readonly now: number; readonly nowMs: number };

/** What `Status()` on the bus answers. */
export function agentStatus(
  memory: AgentMemory,
  { version, telemetry }: Pick<AgentStatus, "version" | "telemetry">,
  at: Moment,
): AgentStatus {
  return { version, telemetry, stacks: [...memory.values()].map((stack) => statusOfStack(stack, at)) };
}

/** One stack, in the words of `phoenix status --json`. */
export function statusOfStack(stack: StackMemory, at: Moment): AgentStackStatus {
  const services = [...stack.services.values()].map((service) => statusOfService(service, stack, at));
  return {
    stack: stack.stack,
    generation: stack.generation.number,
    since: stack.ledger.since,
    pending: stack.ledger.pending?.generation ?? null,
    healthy: services.every(
      ({ service, health }) => health === "healthy" || (health === "stopped" && stack.ledger.stoppedByHand.has(service)),
    ),
    services,
  };
}

function statusOfService({ unit, policy, health }: ServiceMemory, { ledger, healing }: StackMemory, at: Moment): AgentServiceStatus {
  const state = health.unit;
  const heal = healing.services.get(unit.service);
  const isStopped = ledger.stoppedByHand.has(unit.service) && health.outcome === "stopped";
  const breaker = heal?.breaker.state === "open" ? heal.breaker : undefined;
  const nextMs = breaker?.retryAtMs ?? heal?.notBeforeMs;
  return {
    service: unit.service,
    state: state === undefined ? "unknown" : `${state.activeState} (${state.subState})`,
    health: health.outcome,
    because: isStopped ? "stopped by hand" : breaker === undefined ? health.because : `${health.because}; given up: ${breaker.because}`,
    since: state?.activeState === "active" ? state.activeSince : 0,
    restarts: state?.restarts ?? 0,
    ports: unit.ports.map(({ hostAddress, hostPort }) => `${hostAddress === "" ? "*" : hostAddress}:${hostPort}`),
    image: unit.image?.reference ?? "",
    route: routeFor(unit, policy.readiness),
    degraded: isDegraded(health, policy, at.nowMs),
    healing: heal?.stance ?? "fine",
    healingBecause: heal?.because ?? "",
    nextTry: nextMs === undefined ? 0 : Math.round(at.now + Math.max(0, nextMs - at.nowMs)),
  };
}

/** What of a status is worth a signal: not the wording of each answer. */
export function gistOf({ generation, ledger, services, healing }: StackMemory): string {
  const gists = [...services].map(
    ([name, { health }]) => `${name} ${health.outcome} ${health.unit?.subState} ${healing.services.get(name)?.stance}`,
  );
  return `${generation.number} ${ledger.pending?.generation} ${[...ledger.stoppedByHand]} ${gists}`;
}

/** `5 of 6 services healthy`, for `systemctl status`. */
export function sayServices(memory: AgentMemory): string {
  const all = [...memory.values()].flatMap(({ services }) => [...services.values()]);
  return `${all.filter(({ health }) => health.outcome === "healthy").length} of ${all.length} services healthy`;
}
