import type { StackEvent } from "../domain/events.ts";
import type { LedgerLine } from "../domain/ledger.ts";
import type { UnitState } from "../domain/observed.ts";
import type { Ms, ServiceName, StackName } from "../domain/words.ts";
import type { Ports } from "../ports/ports.ts";
import type { Heard } from "./heard.ts";
import { type AgentMemory, findService, type StackMemory } from "./memory.ts";
import { seeObjects } from "./missing.ts";
import { readStack } from "./read.ts";
import { see, unitSeen } from "./see.ts";
import { judgeStops, nextJudgementMs, seeStop } from "./stops.ts";

/** An event to record, with the stack that it is about. */
export type StackedEvent = { readonly stack: StackName; readonly event: StackEvent };
export type Look = {
  readonly memory: AgentMemory;
  readonly events: readonly StackedEvent[];
  /** Ledger lines that were not known before. */
  readonly lines: readonly { readonly stack: StackName; readonly line: LedgerLine }[];
};

const target = "phoenix.target";
/** A target that became inactive so lately takes its services with it. */
const stoppingMs: Ms = 5_000;

/** Reads these stacks again; one that is gone is forgotten. A stack that cannot be read stays as it was known. */
export async function readStacks(memory: AgentMemory, names: Iterable<StackName>, ports: Ports): Promise<Pick<Look, "memory" | "lines">> {
  const next = new Map(memory);
  const lines: { readonly stack: StackName; readonly line: LedgerLine }[] = [];
  for (const name of names) {
    const before = memory.get(name);
    const found = await readStack(name, before, ports).catch((error: unknown) => {
      const because = error instanceof Error ? error.message : String(error);
      ports.journal.say(3, `${name}: ${because}`, { PHOENIX_STACK: name });
      return before === undefined ? undefined : { stack: before, news: [], damaged: [] };
    });
    if (found === undefined) next.delete(name);
    else next.set(name, found.stack);
    if (before === undefined && found !== undefined && found.damaged.length > 0)
      ports.journal.say(4, `${name}: line ${found.damaged.join(", ")} of its history is damaged and does not count`, {
        PHOENIX_STACK: name,
      });
    for (const line of found?.news ?? []) lines.push({ stack: name, line });
  }
  return { memory: next, lines };
}

/** Stacks whose ledger may have changed. A stop job is news of its stack too: it may belong to a change that was not heard of yet. */
export function stacksToRead(memory: AgentMemory, heard: Heard, isRelist: boolean, existing: readonly StackName[]): ReadonlySet<StackName> {
  const stopped = heard.stops.flatMap(({ service }) => findService(memory, service)?.stack ?? []);
  const touched = heard.tasks.map(({ stack }) => stack);
  return new Set([...(isRelist ? memory.keys() : []), ...existing, ...heard.ledgers, ...touched, ...stopped]);
}

/** Units of which something was heard, that a change of ours may have touched, or that nobody looked at yet. */
export function unitsToLookAt(memory: AgentMemory, heard: Heard, isRelist: boolean): readonly ServiceName[] {
  const touched = new Set(heard.tasks.map(({ stack }) => stack));
  return [...memory.values()].flatMap(({ stack, services }) =>
    [...services.values()]
      .filter(({ unit, health }) => isRelist || touched.has(stack) || heard.units.has(unit.service) || health.phase === undefined)
      .map(({ unit }) => unit.service),
  );
}

/** Asks systemd for these units and folds the answers in. */
export async function lookAtUnits(memory: AgentMemory, services: readonly ServiceName[], isThorough: boolean, ports: Ports): Promise<Look> {
  const known = knownUnits(memory, services);
  const units = known.size === 0 ? [] : await ports.units.list([...known.keys()], isThorough ? undefined : definedOf(known));
  const at = { now: ports.clock.now(), nowMs: ports.clock.monotonic() };
  return foldAll(
    memory,
    units,
    ({ service }) => service,
    (stack, unit) => see(stack, unit.service, unitSeen(stack.services.get(unit.service), unit, at)),
  );
}

function knownUnits(memory: AgentMemory, services: readonly ServiceName[]): ReadonlyMap<ServiceName, UnitState | undefined> {
  return new Map(
    services.flatMap((service) => {
      const found = findService(memory, service)?.services.get(service);
      return found === undefined ? [] : [[service, found.health.unit]];
    }),
  );
}

function definedOf(units: ReadonlyMap<ServiceName, UnitState | undefined>): ReadonlyMap<ServiceName, UnitState> {
  return new Map([...units].flatMap(([service, unit]) => (unit === undefined ? [] : [[service, unit]])));
}

/** Folds in what probes answered. */
export function hearAnswers(memory: AgentMemory, answers: Heard["answers"]): Look {
  return foldAll(
    memory,
    answers,
    ({ ask }) => ask.service,
    (stack, { ask, result, atMs }) =>
      see(stack, ask.service, { kind: "probe", atMs, invocation: ask.invocation, roles: ask.roles, result }),
  );
}

/** Folds in stop jobs, and judges those that are old enough. */
export async function hearStops(memory: AgentMemory, stops: Heard["stops"], ports: Ports): Promise<Look> {
  const heard = foldAll(
    memory,
    stops,
    ({ service }) => service,
    (stack, { service, atMs }) => ({ stack: seeStop(stack, service, atMs), events: [] }),
  );
  const nowMs = ports.clock.monotonic();
  if (![...heard.memory.values()].some((stack) => nextJudgementMs(stack) <= nowMs)) return heard;
  const [unit] = await ports.units.list([target]);
  const isTargetStopping = unit !== undefined && unit.activeState !== "active" && ports.clock.now() - unit.stateChangedAt <= stoppingMs;
  return mapStacks(heard.memory, (stack) => judgeStops(stack, { all: heard.memory, isTargetStopping, nowMs }));
}

/** Takes in a listing of Podman's objects. */
export function hearObjects(memory: AgentMemory, objects: NonNullable<Heard["objects"]>): AgentMemory {
  const listing = {
    networks: new Set(objects.networks.map(({ name }) => name)),
    volumes: new Set(objects.volumes.map(({ name }) => name)),
  };
  return mapStacks(memory, (stack) => ({ stack: seeObjects(stack, listing, memory), events: [] })).memory;
}

type Folded = { readonly stack: StackMemory; readonly events: readonly StackEvent[] };

function foldAll<T>(
  memory: AgentMemory,
  items: readonly T[],
  serviceOf: (item: T) => ServiceName,
  fold: (stack: StackMemory, item: T) => Folded,
): Look {
  const next = new Map(memory);
  const events: StackedEvent[] = [];
  for (const item of items) {
    const before = findService(next, serviceOf(item));
    if (before === undefined) continue;
    const { stack, events: more } = fold(before, item);
    const isNews = more.length > 0 || hasChanged(before, stack, serviceOf(item));
    next.set(stack.stack, isNews ? { ...stack, nextDecisionMs: Number.NEGATIVE_INFINITY } : stack);
    events.push(...more.map((event) => ({ stack: stack.stack, event })));
  }
  return { memory: next, events, lines: [] };
}

/** Whether healing might decide otherwise now; the wording of an answer changes nothing. */
function hasChanged(before: StackMemory, now: StackMemory, service: ServiceName): boolean {
  const [was, is] = [before.services.get(service)?.health, now.services.get(service)?.health];
  return was?.outcome !== is?.outcome || was?.unit !== is?.unit || before.stops !== now.stops;
}

function mapStacks(memory: AgentMemory, change: (stack: StackMemory) => Folded): Look {
  const events: StackedEvent[] = [];
  const next = [...memory].map(([name, before]): [StackName, StackMemory] => {
    const { stack, events: more } = change(before);
    events.push(...more.map((event) => ({ stack: name, event })));
    return [name, stack];
  });
  return { memory: new Map(next), events, lines: [] };
}
