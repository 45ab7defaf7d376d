import type { Ms, ServiceName, StackName } from "../domain/words.ts";
import type { Rng } from "../heal/backoff.ts";
import type { Ports } from "../ports/ports.ts";
import { type Deciding, decideAll } from "./deciding.ts";
import { dueProbes } from "./due.ts";
import { sortNews } from "./heard.ts";
import type { Inbox } from "./inbox.ts";
import { hearAnswers, hearObjects, hearStops, type Look, lookAtUnits, readStacks, type StackedEvent } from "./look.ts";
import { type AgentMemory, findService } from "./memory.ts";
import { objectsDueMs } from "./missing.ts";
import { finishTasks, lookAtHolders } from "./taskMemory.ts";
import type { Workers } from "./workers.ts";

/**
 * The agent's loop, and all of its state. INVARIANTS: only this file holds what is known, and replaces it as a whole; nothing in a turn
 * waits for a probe, a job or Podman: those run beside it and come back as news; every turn ends, or the watchdog ends the agent.
 */
export type LoopOptions = {
  readonly relistMs: () => Ms;
  readonly rng: Rng;
  /** Whoever aborts it also puts news into the inbox, which ends the sleep. */
  readonly stopping: AbortSignal;
  /** The loop turns at least so often, or the watchdog would take a quiet hour for a hang. */
  readonly longestSleepMs: Ms;
  /** A turn went well; `isFresh` is false while everything was last looked at too long ago. */
  readonly turned: (memory: AgentMemory, isFresh: boolean) => void;
  readonly recorded: (look: Look["lines"]) => void;
};

/** While another process changes a stack, its lane is looked at so often. */
const holderMs: Ms = 1_000;
const retryMs: Ms = 2_000;
/** Everything must have been seen within so many relist periods. */
const freshPeriods = 5;
/** Every so many relists each unit is read whole, whatever its state looks like. */
const thoroughPeriods = 10;

/** Looks, asks and heals until it is told to stop. */
export async function runLoop(inbox: Inbox, workers: Workers, options: LoopOptions, ports: Ports): Promise<void> {
  const { clock } = ports;
  let memory: AgentMemory = new Map();
  let relistAtMs = Number.NEGATIVE_INFINITY;
  let relistedMs = Number.NEGATIVE_INFINITY;
  let thoroughAtMs = Number.NEGATIVE_INFINITY;
  let holdersAtMs = Number.NEGATIVE_INFINITY;
  let objectsMs: Ms | undefined;
  const asking = new Set<ServiceName>();

  const take = (look: Look): readonly StackedEvent[] => {
    memory = look.memory;
    return look.events;
  };
  const read = async (names: Iterable<StackName>): Promise<void> => {
    const found = await readStacks(memory, names, ports);
    memory = found.memory;
    options.recorded(found.lines);
  };
  /** Written down before anything is decided: what a person stopped must count at once. */
  const record = async (events: readonly StackedEvent[]): Promise<void> => {
    for (const { stack, event } of events) await ports.history.append(stack, event);
    await read(new Set(events.map(({ stack }) => stack)));
  };

  const turn = async (): Promise<void> => {
    const heard = sortNews(inbox.take());
    const isRelist = heard.relist || clock.monotonic() >= relistAtMs;
    const isThorough = !isRelist || heard.relist || clock.monotonic() >= thoroughAtMs;
    for (const { ask } of heard.answers) asking.delete(ask.service);
    memory = finishTasks(memory, heard.tasks, clock.monotonic());
    if (heard.tasks.some(({ task }) => task === "heal")) objectsMs = undefined;
    const stopped = heard.stops.flatMap(({ service }) => findService(memory, service)?.stack ?? []);
    await read(
      isRelist
        ? new Set([...memory.keys(), ...(await ports.history.stacks())])
        : new Set([...heard.ledgers, ...heard.tasks.map(({ stack }) => stack), ...stopped]),
    );
    const isPending = [...memory.values()].some(({ ledger }) => ledger.pending !== undefined);
    if (isPending && clock.monotonic() >= holdersAtMs) {
      memory = await lookAtHolders(memory, ports);
      holdersAtMs = clock.monotonic() + holderMs;
    }
    const touched = new Set(heard.tasks.map(({ stack }) => stack));
    const wanted = [...memory.values()].flatMap(({ stack, services }) =>
      [...services.values()]
        .filter(({ unit, health }) => isRelist || touched.has(stack) || heard.units.has(unit.service) || health.phase === undefined)
        .map(({ unit }) => unit.service),
    );
    const events = [
      ...take(await lookAtUnits(memory, wanted, isThorough, ports)),
      ...take(hearAnswers(memory, heard.answers)),
      ...take(await hearStops(memory, heard.stops, ports)),
    ];
    if (heard.objects !== undefined) memory = hearObjects(memory, heard.objects);
    await record(events);

    const decided: Deciding = decideAll(memory, clock.monotonic(), options.rng);
    memory = decided.memory;
    await record(decided.events);
    for (const { priority, message, service } of decided.notes) ports.journal.say(priority, message, { PHOENIX_UNIT: service });
    for (const task of decided.tasks) workers.change(task);
    if (isRelist) {
      relistedMs = clock.monotonic();
      relistAtMs = relistedMs + options.relistMs();
      if (isThorough) thoroughAtMs = relistedMs + thoroughPeriods * options.relistMs();
    }
    for (const done of heard.reconciled) done();
  };

  while (!options.stopping.aborted) {
    try {
      await turn();
    } catch (error) {
      // Nothing was lost: what was heard and not taken in is found again by looking at everything.
      relistAtMs = clock.monotonic() + retryMs;
      ports.journal.say(4, `Cannot look at the stacks: ${error instanceof Error ? error.message : String(error)}`);
    }
    const nowMs = clock.monotonic();
    if (nowMs >= objectsDueMs(memory, objectsMs)) {
      objectsMs = nowMs;
      workers.listObjects();
    }
    const { asks, nextMs } = dueProbes(memory, asking, nowMs);
    for (const ask of asks) if (workers.ask(ask)) asking.add(ask.service);
    options.turned(memory, nowMs - relistedMs <= freshPeriods * options.relistMs());
    const decisions = [...memory.values()].map((stack) => (stack.ledger.pending === undefined ? stack.nextDecisionMs : holdersAtMs));
    const wakeMs = Math.min(nextMs, relistAtMs, objectsDueMs(memory, objectsMs), ...decisions, nowMs + options.longestSleepMs);
    await clock.sleep(Math.max(1, wakeMs - nowMs), inbox.signal());
  }
}
