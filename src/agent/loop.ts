import type { Ms, ServiceName, StackName } from "../domain/words.ts";
import type { Ports } from "../ports/ports.ts";
import { type Deciding, decideAll } from "./deciding.ts";
import { dueProbes } from "./due.ts";
import { sortNews } from "./heard.ts";
import type { Inbox } from "./inbox.ts";
import type { Look, StackedEvent } from "./look.ts";
import { hearAnswers, hearObjects, hearStops, lookAtUnits, readStacks, stacksToRead, unitsToLookAt } from "./look.ts";
import type { LoopOptions } from "./loopOptions.ts";
import type { AgentMemory } from "./memory.ts";
import { objectsDueMs } from "./missing.ts";
import { recordEvent } from "./record.ts";
import { finishTasks, lookAtHolders } from "./taskMemory.ts";
import { troubleTeller } from "./trouble.ts";
import { holderMs, nextDecision } from "./wake.ts";
import type { Workers } from "./workers.ts";

const retryMs: Ms = 2_000;
/** Everything must have been seen within so many relist periods. */
const freshPeriods = 5;
/** Every so many relists each unit is read whole, whatever its state looks like. */
const thoroughPeriods = 10;

/**
 * The agent's loop, and all of its state. INVARIANTS: only this file holds what is known, and replaces it as a whole; nothing in a turn
 * waits for a probe, a job or Podman: those run beside it and come back as news; every turn ends, or the watchdog ends the agent.
 */
export async function runLoop(inbox: Inbox, workers: Workers, options: LoopOptions, ports: Ports): Promise<void> {
  const { clock } = ports;
  let memory: AgentMemory = new Map();
  let relistAtMs = Number.NEGATIVE_INFINITY;
  let relistedMs = Number.NEGATIVE_INFINITY;
  let thoroughAtMs = Number.NEGATIVE_INFINITY;
  let holdersAtMs = Number.NEGATIVE_INFINITY;
  let objectsMs: Ms | undefined;
  const asking = new Set<ServiceName>();
  const tell = troubleTeller(ports.journal, clock);

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
    for (const { stack, event } of events) await recordEvent(stack, event, ports);
    await read(new Set(events.map(({ stack }) => stack)));
  };

  const turn = async (): Promise<void> => {
    const heard = sortNews(inbox.take());
    const isRelist = heard.relist || clock.monotonic() >= relistAtMs;
    const isThorough = !isRelist || heard.relist || clock.monotonic() >= thoroughAtMs;
    for (const { ask } of heard.answers) asking.delete(ask.service);
    memory = finishTasks(memory, heard.tasks, clock.monotonic());
    if (heard.tasks.some(({ task }) => task === "heal")) objectsMs = undefined;
    const stacks = isRelist ? await ports.history.stacks().catch((error: unknown) => tell("Cannot list the stacks", error)) : [];
    await read(stacksToRead(memory, heard, isRelist, stacks ?? []));
    const isPending = [...memory.values()].some(({ ledger }) => ledger.pending !== undefined);
    if (isPending && clock.monotonic() >= holdersAtMs) {
      memory = await lookAtHolders(memory, ports);
      holdersAtMs = clock.monotonic() + holderMs;
    }
    const wanted = unitsToLookAt(memory, heard, isRelist);
    const events = [
      ...take(await lookAtUnits(memory, wanted, isThorough, ports)),
      ...take(hearAnswers(memory, heard.answers)),
      ...take(await hearStops(memory, heard.stops, ports)),
    ];
    options.observed({ memory, answers: heard.answers, looked: wanted });
    if (heard.objects !== undefined) memory = hearObjects(memory, heard.objects);
    await record(events);

    const decided: Deciding = decideAll(memory, clock.monotonic(), options.rng);
    memory = decided.memory;
    for (const task of decided.tasks) workers.change(task);
    await record(decided.events);
    for (const { priority, message, service } of decided.notes) ports.journal.say(priority, message, { PHOENIX_UNIT: service });
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
      tell("Cannot look at the stacks", error);
    }
    const nowMs = clock.monotonic();
    if (nowMs >= objectsDueMs(memory, objectsMs)) {
      objectsMs = nowMs;
      workers.listObjects();
    }
    const { asks, nextMs } = dueProbes(memory, asking, nowMs);
    for (const ask of asks) if (workers.ask(ask)) asking.add(ask.service);
    options.turned(memory, nowMs - relistedMs <= freshPeriods * options.relistMs());
    const wakeMs = Math.min(
      nextMs,
      relistAtMs,
      objectsDueMs(memory, objectsMs),
      nextDecision(memory, holdersAtMs),
      nowMs + options.longestSleepMs,
    );
    await clock.sleep(Math.max(1, wakeMs - nowMs), inbox.signal());
  }
}
