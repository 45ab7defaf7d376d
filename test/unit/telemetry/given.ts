import { setImmediate as breathe } from "node:timers/promises";
import { type TelemetryConfig, telemetryDefaults } from "../../../src/agent/telemetry/config.ts";
import type { Happening, Item, Sample } from "../../../src/agent/telemetry/item.ts";
import type { TelemetryStatus } from "../../../src/agent/telemetry/status.ts";
import { startTelemetry, type Telemetry } from "../../../src/agent/telemetry/telemetry.ts";
import { PhoenixError } from "../../../src/domain/errors.ts";
import type { Clock } from "../../../src/ports/store.ts";
import type { Segment, SinkAnswer, SpoolFiles } from "../../../src/ports/telemetry.ts";

/** What the tests of telemetry start from: a clock that only the test moves, a disk and a sink in memory. */

export const config: TelemetryConfig = { url: "http://sink", tokenFile: undefined, ...telemetryDefaults };

/** The time stands for the sample: no two have the same. */
export const sample = (at: number, service = "web.service"): Sample => ({
  ...{ kind: "sample", stack: "demo", service, at, probe: "http", outcome: "success", latencyMs: 1.23456, periodMs: 10_000 },
});
export const happening = (at: number): Happening => ({
  ...{ kind: "event", stack: "demo", at, event: "good", service: null, generation: 1, detail: "it is good" },
});
export const samples = (from: number, to: number): readonly Sample[] =>
  Array.from({ length: to - from }, (_, index) => sample(from + index));

export type TestClock = Clock & { readonly advance: (ms: number) => Promise<void> };

export function testClock(): TestClock {
  let nowMs = 0;
  let sleepers: { readonly atMs: number; readonly wake: () => void }[] = [];
  // Long enough for whatever the worker has to do until it sleeps again.
  const settle = async (): Promise<void> => {
    for (let count = 0; count < 40; count += 1) await breathe();
  };
  return {
    now: () => 1_000_000_000 + nowMs,
    monotonic: () => nowMs,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal?.aborted === true) return resolve();
        const end = (): void => {
          sleepers = sleepers.filter((other) => other !== sleeper);
          signal?.removeEventListener("abort", end);
          resolve();
        };
        const sleeper = { atMs: nowMs + ms, wake: end };
        sleepers.push(sleeper);
        signal?.addEventListener("abort", end);
      }),
    advance: async (ms) => {
      const endMs = nowMs + ms;
      await settle();
      for (;;) {
        const next = sleepers.filter(({ atMs }) => atMs <= endMs).sort((one, other) => one.atMs - other.atMs)[0];
        if (next === undefined) break;
        nowMs = Math.max(nowMs, next.atMs);
        next.wake();
        await settle();
      }
      nowMs = endMs;
    },
  };
}

export type TestDisk = SpoolFiles & {
  readonly contents: Map<number, Buffer>;
  writes: number;
  /** Bytes that fit before a write fails half way. */
  roomBytes: number;
  isBroken: boolean;
};

export function testDisk(clock: Clock): TestDisk {
  const contents = new Map<number, Buffer>();
  const times = new Map<number, number>();
  const check = (): void => {
    if (disk.isBroken) throw new PhoenixError("state-unwritable", "Cannot write the telemetry spool: the file system is read-only.");
  };
  const disk: TestDisk = {
    contents,
    writes: 0,
    roomBytes: Number.POSITIVE_INFINITY,
    isBroken: false,
    list: async () => {
      check();
      return [...contents].map(([id, bytes]): Segment => {
        const items = bytes.toString().split("\n").filter(Boolean).length;
        return { id, bytes: bytes.length, items, newestAt: times.get(id) ?? 0 };
      });
    },
    append: async (id, atByte, text) => {
      check();
      disk.writes += 1;
      const before = contents.get(id) ?? Buffer.alloc(0);
      const bytes = Buffer.from(text);
      const written = bytes.subarray(0, disk.roomBytes);
      disk.roomBytes -= written.length;
      contents.set(id, Buffer.concat([before.subarray(0, atByte), written]));
      times.set(id, clock.now());
      if (written.length < bytes.length) throw new PhoenixError("state-unwritable", "Cannot write the telemetry spool: the disk is full.");
    },
    read: async (id, from, most) => (contents.get(id) ?? Buffer.alloc(0)).subarray(from, from + most),
    remove: async (id) => {
      check();
      disk.roomBytes += contents.get(id)?.length ?? 0;
      contents.delete(id);
    },
  };
  return disk;
}

export type Post = { readonly path: string; readonly atMs: number; readonly times: readonly number[] };

export const taken: SinkAnswer = { kind: "taken", rejected: 0, because: "" };
export const away: SinkAnswer = { kind: "away", because: "connection refused" };
export const refused: SinkAnswer = { kind: "refused", because: "HTTP 400", divisible: true };

export type Rig = {
  readonly telemetry: Telemetry;
  readonly clock: TestClock;
  readonly disk: TestDisk;
  /** Every request. */
  readonly posts: readonly Post[];
  /** The times of what the sink took, as they came. */
  readonly got: readonly number[];
  /** Journal lines. */
  readonly said: readonly string[];
  answer: (times: readonly number[], stopping: AbortSignal) => SinkAnswer | Promise<SinkAnswer>;
};

/** A running telemetry. `before` = the machine of an agent that went before. */
export function rig(more: Partial<TelemetryConfig> = {}, before?: Pick<Rig, "clock" | "disk">): Rig {
  const clock = before?.clock ?? testClock();
  const disk = before?.disk ?? testDisk(clock);
  const posts: Post[] = [];
  const got: number[] = [];
  const said: string[] = [];
  const post = async (path: string, body: string, stopping: AbortSignal): Promise<SinkAnswer> => {
    const { samples = [], events = [] } = JSON.parse(body) as Record<string, readonly { readonly at: string }[]>;
    const times = [...samples, ...events].map(({ at }) => Date.parse(at));
    posts.push({ path, atMs: clock.monotonic(), times });
    const answer = await it.answer(times, stopping);
    if (answer.kind === "taken") got.push(...times);
    return answer;
  };
  const journal = { say: (_priority: number, message: string) => void said.push(message) };
  const telemetry = startTelemetry({ ...config, ...more }, { sink: { post }, files: disk, clock, journal, rng: () => 0.5 });
  const it: Rig = { telemetry, clock, disk, posts, got, said, answer: () => taken };
  return it;
}

export const timesOf = (items: readonly Item[]): readonly number[] => items.map(({ at }) => at);

/** The status of a telemetry that is on. */
export function stateOf({ telemetry }: Rig): Extract<TelemetryStatus, { readonly state: "on" }> {
  const status = telemetry.status();
  if (status.state !== "on") throw new Error("it is off");
  return status;
}
