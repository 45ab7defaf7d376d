/** Who needs whom among the services of one stack. */
import type { ServiceName } from "../domain/words.ts";
import type { Reference } from "./references.ts";
import { serviceOf } from "./references.ts";

/** What the functions here need of a unit; a StackUnit and a GenerationUnit both have it. */
export type Node = { readonly service: ServiceName; readonly after: readonly ServiceName[]; readonly requires: readonly ServiceName[] };

type Linked = { readonly service: ServiceName; readonly references: readonly Reference[] };

export type Links = {
  readonly after: readonly ServiceName[];
  readonly requires: readonly ServiceName[];
  /** Services that a unit wants or requires without saying in which order: render adds `After=`. */
  readonly implied: readonly ServiceName[];
};

/** Keys that pull another service in; Phoenix gives them the order that they nearly always mean. */
const pulling: readonly string[] = ["Wants", "Requires", "Requisite", "BindsTo", "Upholds"];
/** Keys through which a service that stops takes this one with it. */
const binding: readonly string[] = ["uses", "Requires", "Requisite", "BindsTo", "PartOf"];

/** Order and requirement of every service, from the references between the units. */
export function linkUnits(units: readonly Linked[]): ReadonlyMap<ServiceName, Links> {
  const names = new Set(units.map((unit) => unit.service));
  const after = new Map<ServiceName, Set<ServiceName>>([...names].map((name) => [name, new Set()]));
  const targets = (unit: Linked, kinds: readonly string[]): readonly ServiceName[] => {
    const found = unit.references.filter(({ kind }) => kinds.includes(kind)).map(({ target }) => serviceOf(target));
    return [...new Set(found)].filter((name) => names.has(name)).sort();
  };
  for (const unit of units) {
    for (const target of targets(unit, ["uses", "After"])) after.get(unit.service)?.add(target);
    for (const target of targets(unit, ["Before"])) after.get(target)?.add(unit.service);
  }
  const links = new Map<ServiceName, { readonly requires: readonly ServiceName[]; readonly implied: readonly ServiceName[] }>();
  for (const unit of units) {
    const addable = (target: ServiceName): boolean => target !== unit.service && !reaches(after, target, unit.service);
    const implied = targets(unit, pulling).filter((target) => after.get(unit.service)?.has(target) === false && addable(target));
    for (const target of implied) after.get(unit.service)?.add(target);
    for (const target of targets(unit, ["PartOf"]).filter(addable)) after.get(unit.service)?.add(target);
    links.set(unit.service, { implied, requires: targets(unit, binding).filter((target) => after.get(unit.service)?.has(target)) });
  }
  return new Map(
    [...links].map(([service, { requires, implied }]) => [service, { after: [...(after.get(service) ?? [])].sort(), requires, implied }]),
  );
}

function reaches(after: ReadonlyMap<ServiceName, ReadonlySet<ServiceName>>, from: ServiceName, to: ServiceName): boolean {
  const open = [from];
  const seen = new Set<ServiceName>();
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (name === to) return true;
    if (!seen.has(name)) open.push(...(after.get(name) ?? []));
    seen.add(name);
  }
  return false;
}

/** Dependencies first; among equals by name. Members of a cycle come last. */
export function startOrder<T extends Node>(units: readonly T[]): readonly T[] {
  const names = new Set(units.map((unit) => unit.service));
  const rest = [...units].sort((a, b) => (a.service < b.service ? -1 : 1));
  const placed = new Set<ServiceName>();
  const order: T[] = [];
  while (rest.length > 0) {
    const next = rest.findIndex((unit) => unit.after.every((name) => placed.has(name) || !names.has(name)));
    const [unit] = rest.splice(Math.max(next, 0), 1);
    if (unit === undefined) break;
    placed.add(unit.service);
    order.push(unit);
  }
  return order;
}

/** The services that, directly or not, start after this one. */
export function dependents(units: readonly Node[], service: ServiceName): ReadonlySet<ServiceName> {
  return backwards(units, service, (unit) => unit.after);
}

/** The services that systemd stops or strands with this one: `requires`, followed backwards. */
export function stoppedWith(units: readonly Node[], service: ServiceName): ReadonlySet<ServiceName> {
  return backwards(units, service, (unit) => unit.requires);
}

function backwards(units: readonly Node[], service: ServiceName, needs: (unit: Node) => readonly ServiceName[]): ReadonlySet<ServiceName> {
  const found = new Set<ServiceName>();
  const open = [service];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    const target = name;
    for (const unit of units) {
      if (unit.service === service || found.has(unit.service) || !needs(unit).includes(target)) continue;
      found.add(unit.service);
      open.push(unit.service);
    }
  }
  return found;
}

/** A cycle in `after`, first and last the same, or undefined. */
export function findCycle(units: readonly Pick<Node, "service" | "after">[]): readonly ServiceName[] | undefined {
  const after = new Map(units.map((unit) => [unit.service, unit.after]));
  const done = new Set<ServiceName>();
  const visit = (path: readonly ServiceName[]): readonly ServiceName[] | undefined => {
    const last = path.at(-1) ?? "";
    for (const next of after.get(last) ?? []) {
      const start = path.indexOf(next);
      if (start >= 0) return [...path.slice(start), next];
      if (done.has(next)) continue;
      const cycle = visit([...path, next]);
      if (cycle !== undefined) return cycle;
    }
    done.add(last);
    return undefined;
  };
  for (const { service } of [...units].sort((a, b) => (a.service < b.service ? -1 : 1))) {
    const cycle = done.has(service) ? undefined : visit([service]);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
