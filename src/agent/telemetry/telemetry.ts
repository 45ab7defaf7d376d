import { showSize } from "../../domain/size.ts";
import { showDuration } from "../../domain/time.ts";
import type { Ms } from "../../domain/words.ts";
import type { Rng } from "../../heal/backoff.ts";
import type { Clock, Journal } from "../../ports/store.ts";
import type { Sink, SpoolFiles } from "../../ports/telemetry.ts";
import { openAccount } from "./account.ts";
import type { TelemetryConfig } from "./config.ts";
import { bodyOf, encodeItem, type Item, pathOf } from "./item.ts";
import { nextAct } from "./next.ts";
import { openQueue } from "./queue.ts";
import type { TelemetryStatus } from "./status.ts";
import { openStore } from "./store.ts";
import { openVoice } from "./voice.ts";

export type TelemetryPorts = {
  readonly sink: Sink;
  readonly files: SpoolFiles;
  readonly clock: Clock;
  readonly journal: Pick<Journal, "say">;
  readonly rng: Rng;
};

export type Telemetry = {
  /** Costs a place in a list. Never waits, never fails. */
  readonly put: (items: readonly Item[]) => void;
  readonly status: () => TelemetryStatus;
  /** What is still in memory goes to the spool, for the next agent. */
  readonly stop: () => Promise<void>;
};

/** About 1 MB. At two samples a second that is forty minutes without a sink and without a disk. */
const mostInMemory = 5_000;
const afterBugMs: Ms = 10_000;

/**
 * Hands items over to the sink, beside the agent's loop, which never waits for it. While the sink takes them they do not touch the disk;
 * else they are spooled and delivered later, in their order. One worker does all of it, one thing at a time.
 */
export function startTelemetry(config: TelemetryConfig, { sink, files, clock, journal, rng }: TelemetryPorts): Telemetry {
  const { url, batch, intervalMs, spoolBytes, keepMs } = config;
  const voice = openVoice(journal, clock);
  const account = openAccount(config, voice, clock, rng);
  const queue = openQueue(mostInMemory);
  const store = openStore(files, { bytes: spoolBytes, keepMs }, clock);
  const stopping = new AbortController();
  let wake = new AbortController();
  /** The flush that goes on: the mark of its end in the queue, and when it began. */
  let flush = { to: 0, sinceMs: 0 };
  let sinceMs: Ms = 0;
  let diskAtMs = Number.NEGATIVE_INFINITY;
  let diskError = "";

  const isFlushing = (): boolean => flush.to > queue.end() - queue.size();
  const waiting = (): number => queue.size() + store.items();
  const tooMuch = `more waits than ${showSize(spoolBytes)} or ${showDuration(keepMs)}`;
  const dropping = (lost: number, why: string): void => {
    if (lost > 0) voice.warn("dropping", `${why}; the oldest samples and events are dropped and counted.`);
  };
  /** Work on the spool. A disk that is full or read-only costs telemetry, and nothing else. */
  const onDisk = async (work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      diskError = error instanceof Error ? error.message : String(error);
      diskAtMs = clock.monotonic() + intervalMs;
      voice.warn("unwritable", `${diskError} What the sink does not take waits in memory only.`);
    }
  };

  const postMemory = async (): Promise<void> => {
    if (!isFlushing()) flush = { to: queue.end(), sinceMs: clock.monotonic() };
    const run = queue.run(account.delivery().limit);
    if (run === undefined) return;
    const { kind, items, mark } = run;
    const answer = await sink.post(pathOf[kind], bodyOf(kind, items.map(encodeItem)), stopping.signal);
    const fate = account.hear(answer, { kind, items: items.length, behind: waiting() - items.length });
    if (fate === "kept") return;
    queue.forget(mark);
    // Nothing is spooled, so nothing stands in the way any more.
    diskError = "";
    voice.over("dropping");
    // The rest came while this flush went on.
    if (!isFlushing()) sinceMs = flush.sinceMs;
  };
  const spool = async (): Promise<void> =>
    await onDisk(async () => {
      while (queue.size() > 0) dropping(await store.keep(queue), tooMuch);
      diskError = "";
      voice.over("unwritable");
    });
  const postSpool = async (): Promise<void> =>
    await onDisk(async () => {
      const found = await store.next(account.delivery().limit);
      if (found === undefined) return;
      const { kind, encoded } = found;
      const items = encoded.length;
      const send = async () => await sink.post(pathOf[kind], bodyOf(kind, encoded), stopping.signal);
      const fate = items === 0 ? "dropped" : account.hear(await send(), { kind, items, behind: waiting() - items });
      if (fate !== "kept") await store.done(found);
      if (store.items() === 0) voice.over("dropping");
    });

  const turn = async (): Promise<void> => {
    await onDisk(async () => dropping(await store.expire(), tooMuch));
    const nowMs = clock.monotonic();
    const { retryAtMs } = account.delivery();
    const situation = { waiting: queue.size(), sinceMs, isFlushing: isFlushing(), isSpooled: store.bytes() > 0, retryAtMs, diskAtMs };
    const act = nextAct(situation, config, nowMs);
    if (act.kind === "post-memory") await postMemory();
    else if (act.kind === "spool") await spool();
    else if (act.kind === "post-spool") await postSpool();
    else {
      await clock.sleep(Math.max(1, Math.min(act.untilMs - nowMs, store.expiresInMs())), wake.signal);
      if (wake.signal.aborted) wake = new AbortController();
    }
  };
  const work = async (): Promise<void> => {
    await onDisk(store.open);
    while (!stopping.signal.aborted) {
      try {
        await turn();
      } catch (error) {
        voice.warn("broken", error instanceof Error ? (error.stack ?? error.message) : String(error));
        await clock.sleep(afterBugMs, stopping.signal);
      }
    }
    await spool();
  };
  const working = work();

  return {
    put: (items) => {
      const before = queue.size();
      if (before === 0) sinceMs = clock.monotonic();
      for (const item of items) dropping(queue.put(item) ? 0 : 1, `more than ${mostInMemory} wait in memory`);
      // Somebody must set a timer for the first that comes, and hand over at once when there are enough.
      if ((before === 0 && queue.size() > 0) || (before < batch && queue.size() >= batch)) wake.abort();
    },
    status: () => {
      const { delivered, refused, rejected, lastDelivery, error } = account.counts();
      const { failures, retryAtMs } = account.delivery();
      return {
        ...{ state: "on", url, waiting: waiting(), spooledBytes: store.bytes(), delivered, rejected, lastDelivery },
        dropped: queue.lost() + store.lost() + refused,
        lastError: error === "" ? diskError : error,
        nextTry: failures === 0 ? 0 : Math.round(clock.now() + Math.max(0, retryAtMs - clock.monotonic())),
      };
    },
    stop: async () => {
      stopping.abort();
      wake.abort();
      await working;
    },
  };
}
