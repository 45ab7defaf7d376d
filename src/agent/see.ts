import type { StackEvent } from "../domain/events.ts";
import type { UnitState } from "../domain/observed.ts";
import type { Ms } from "../domain/words.ts";
import { type HealthObservation, observe } from "../health/service.ts";
import { followIncident } from "./incident.ts";
import { type ServiceMemory, type StackMemory, withService } from "./memory.ts";

export type Seen = { readonly stack: StackMemory; readonly events: readonly StackEvent[] };

/** Folds a look at a unit, an answer of a probe or a second chance into what is known, with the events that follow. */
export function see(stack: StackMemory, name: string, observation: HealthObservation): Seen {
  const service = stack.services.get(name);
  if (service === undefined) return { stack, events: [] };
  const { health } = observe(service.health, observation, service.policy);
  const byHand = stack.ledger.stoppedByHand.has(name);
  const started: readonly StackEvent[] = byHand && health.phase === "up" ? [{ event: "startedByHand", service: name }] : [];
  // What happens during a change is the change's story; what a person stopped is no trouble.
  if (isChanging(stack) || byHand) {
    const incident = byHand ? undefined : service.incident;
    return { stack: withService(stack, { ...service, health, incident }), events: started };
  }
  const { incident, events } = followIncident(service, health, observation.atMs, stack.task !== undefined);
  return { stack: withService(stack, { ...service, health, incident }), events };
}

/** The first look at a unit also tells how old its run is: an agent that restarts must not take a hung service for a starting one. */
export function unitSeen(
  service: ServiceMemory | undefined,
  unit: UnitState,
  at: { readonly now: number; readonly nowMs: Ms },
): HealthObservation {
  const isFirst = service?.health.phase === undefined && unit.activeState === "active" && unit.activeSince > 0;
  return { kind: "unit", atMs: at.nowMs, unit, ...(isFirst ? { ageMs: Math.max(0, at.now - unit.activeSince) } : {}) };
}

/** Somebody else changes the stack, or the agent finishes what somebody left. */
export function isChanging({ ledger, task }: StackMemory): boolean {
  return task === "recover" || ledger.pending !== undefined;
}
