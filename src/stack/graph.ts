import type { ServiceName } from "../domain/words.ts";

/** What the functions here need of a unit; a StackUnit and a GenerationUnit both have it. */
export type Node = { readonly service: ServiceName; readonly after: readonly ServiceName[]; readonly requires: readonly ServiceName[] };

/** Dependencies first; among equals by name. */
export function startOrder<T extends Node>(units: readonly T[]): readonly T[] {
  return units;
}

/** The services that, directly or not, start after this one. */
export function dependents(_units: readonly Node[], _service: ServiceName): ReadonlySet<ServiceName> {
  return new Set();
}

/** The services that systemd stops or strands with this one: `requires`, followed backwards. */
export function stoppedWith(_units: readonly Node[], _service: ServiceName): ReadonlySet<ServiceName> {
  return new Set();
}

/** A cycle in `after`, first and last the same, or undefined. */
export function findCycle(_units: readonly Node[]): readonly ServiceName[] | undefined {
  return undefined;
}
