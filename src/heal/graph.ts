import { reaches } from "../domain/reach.ts";
import type { ServiceName } from "../domain/words.ts";
import type { HealState } from "./state.ts";
import type { ServiceView, StackView } from "./view.ts";

/** Services by name, for the questions below. */
export type ServiceIndex = ReadonlyMap<ServiceName, ServiceView>;

export function indexServices(view: StackView): ServiceIndex {
  return new Map(view.services.map((service) => [service.service, service]));
}

/** The first dependency that is down: while it is, nothing is done to its dependents. */
export function blockerOf(service: ServiceView, index: ServiceIndex, state: HealState): ServiceView | undefined {
  return dependenciesOf(service, index).find((other) => !isUsable(other, state));
}

/** Dependencies in the view. In a circle nobody waits for anybody, or nothing in it would ever be healed. */
export function dependenciesOf(service: ServiceView, index: ServiceIndex): readonly ServiceView[] {
  return [...new Set([...service.after, ...service.requires])].flatMap((name) => {
    const other = index.get(name);
    return other === undefined || needs(index, name, service.service) ? [] : [other];
  });
}

/** Whether dependents may count on it. */
export function isUsable(service: ServiceView, state: HealState): boolean {
  const { phase, unit, outcome } = service.health;
  if (phase === "up" && service.oneshot) return true;
  if (phase !== "ended") return outcome === "healthy";
  if (unit?.result !== "success" || service.stoppedByHand) return false;
  if (service.oneshot) return true;
  // A container that ran a task and ended with 0, such as a migration; not one that was taken down with its own dependency.
  return unit.execMainStatus === 0 && state.services.get(service.service)?.strandedBy === undefined;
}

function needs(index: ServiceIndex, from: ServiceName, to: ServiceName): boolean {
  return reaches(from, to, (name) => {
    const service = index.get(name);
    return service === undefined ? [] : [...service.after, ...service.requires];
  });
}
