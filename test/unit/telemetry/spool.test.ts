import fc from "fast-check";
import t from "tap";
import { encodeItem } from "../../../src/agent/telemetry/item.ts";
import { lineOf, readLines } from "../../../src/agent/telemetry/lines.ts";
import { nextAct, type Situation } from "../../../src/agent/telemetry/next.ts";
import { openQueue } from "../../../src/agent/telemetry/queue.ts";
import { advanced, appended, openSpool, placeOf, shrink, spooledBytes, spooledItems } from "../../../src/agent/telemetry/spool.ts";
import { holds } from "../health/given.ts";
import { happening, sample, samples } from "./given.ts";

/** The bookkeeping of what waits. */
const limits = { bytes: 8_000, keepMs: 80_000 };

t.test("lines go behind each other until a segment is full, or was begun long ago", async (t) => {
  let spool = openSpool([]);
  t.same(placeOf(spool, limits, 0), { id: 1, atByte: 0, room: 1_000 });
  spool = appended(spool, 1, { bytes: 600, items: 4, now: 0 });
  t.same(placeOf(spool, limits, 10_000), { id: 1, atByte: 600, room: 400 });
  t.match(placeOf(spool, limits, 10_001), { id: 2, atByte: 0 });
  spool = appended(spool, 1, { bytes: 400, items: 3, now: 5_000 });
  t.match(placeOf(spool, limits, 5_000), { id: 2, atByte: 0 });
  t.same([spooledBytes(spool), spooledItems(spool)], [1_000, 7]);
});

t.test("what an earlier agent left is never written to, and sent from its beginning", async (t) => {
  const spool = openSpool([{ id: 7, bytes: 100, items: 1, newestAt: 0 }]);
  t.match(placeOf(spool, limits, 0), { id: 8, atByte: 0 });
  t.match(spool, { sentBytes: 0, sentItems: 0 });
});

t.test("a number is never given to two segments", async (t) => {
  const full = appended(openSpool([]), 1, { bytes: 1_000, items: 7, now: 0 });
  const { spool, removed } = advanced(full, 1_000, 7);
  t.same(removed, [1]);
  t.match(placeOf(spool, limits, 0), { id: 2 });
});

t.test("the oldest go until there is room; what was delivered already is not lost", async (t) => {
  let spool = openSpool([]);
  for (let id = 1; id <= 8; id += 1) spool = appended(spool, id, { bytes: 1_000, items: 10, now: id });
  const sent = advanced(spool, 400, 4).spool;
  t.equal(spooledItems(sent), 76);
  t.match(shrink(sent, limits, 0), { removed: [], lost: 0 });
  const { spool: fewer, removed, lost } = shrink(sent, limits, 0, 1_500);
  t.same([removed, lost], [[1, 2], 16]);
  t.same([spooledBytes(fewer), spooledItems(fewer), fewer.sentBytes], [6_000, 60, 0]);
  t.match(shrink(sent, limits, 80_005), { removed: [1, 2, 3, 4], lost: 36 });
});

t.test("no sequence of writes, deliveries and shrinking breaks the bounds or the counts", async (t) => {
  const step = fc.record({ write: fc.integer({ min: 1, max: 1_000 }), send: fc.integer({ min: 0, max: 1_000 }), wait: fc.nat(20_000) });
  holds(
    t,
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      let [spool, now, put, sent, lost] = [openSpool([]), 0, 0, 0, 0];
      for (const { write, send, wait } of steps) {
        now += wait;
        const shrunk = shrink(spool, limits, now, write);
        lost += shrunk.lost;
        const { id } = placeOf(shrunk.spool, limits, now);
        // One byte an item, so that what is left can be counted in both.
        spool = appended(shrunk.spool, id, { bytes: write, items: write, now });
        put += write;
        if (spooledBytes(spool) > limits.bytes) return false;
        const [oldest] = spool.segments;
        const count = Math.min(send, (oldest?.bytes ?? 0) - spool.sentBytes);
        if (count > 0) spool = advanced(spool, count, count).spool;
        sent += count;
        if (spooledItems(spool) !== put - sent - lost) return false;
      }
      return spool.segments.every(({ id }, index) => index === 0 || id > (spool.segments[index - 1]?.id ?? 0));
    }),
  );
});

t.test("the queue forgets what was delivered, also when older items were dropped meanwhile", async (t) => {
  const queue = openQueue(10);
  for (const item of samples(0, 10)) t.ok(queue.put(item));
  const run = queue.run(4);
  t.same(run?.items, samples(0, 4));
  t.notOk(queue.put(sample(10)), "the oldest had to go");
  t.same([queue.size(), queue.lost()], [10, 1]);
  queue.forget(run?.mark ?? 0);
  t.same(queue.head(99).items, samples(4, 11));
  queue.forget(0);
  t.equal(queue.size(), 7, "an old mark forgets nothing");
  queue.put(happening(11));
  t.same(queue.run(99)?.items, samples(4, 11), "a run is of one kind");
  queue.forget(queue.end());
  t.equal(queue.run(1), undefined);
});

t.test("what is written can be read, whatever is in it, and a torn line costs itself only", async (t) => {
  const strange = fc.string({ unit: "binary" });
  const item = fc.oneof(
    strange.map((service) => ({ ...sample(5), service })),
    strange.map((detail) => ({ ...happening(6), detail })),
  );
  holds(
    t,
    fc.property(fc.array(item, { maxLength: 20 }), fc.integer({ min: 1, max: 9 }), fc.nat(3), (items, limit, cut) => {
      const whole = Buffer.from(items.map(lineOf).join(""));
      const bytes = whole.subarray(0, Math.max(0, whole.length - cut));
      const found: string[] = [];
      let damaged = 0;
      for (let at = 0; at < bytes.length; ) {
        const batch = readLines(bytes.subarray(at), limit);
        if (batch.bytes === 0 || batch.encoded.length > limit) return false;
        found.push(...batch.encoded);
        damaged += batch.damaged;
        at += batch.bytes;
      }
      const isTorn = cut > 0 && items.length > 0;
      const kept = isTorn ? items.slice(0, -1) : items;
      return damaged === (isTorn ? 1 : 0) && JSON.stringify(found) === JSON.stringify(kept.map(encodeItem));
    }),
  );
  t.match(readLines(Buffer.from("s[]\ns1\nxyz\ns{}\n"), 9), { encoded: ["{}"], damaged: 3, bytes: 15 });
});

t.test("a wait always ends later than now, and what is older is never overtaken", async (t) => {
  const time = fc.oneof(fc.integer({ min: -20_000, max: 20_000 }), fc.constant(Number.NEGATIVE_INFINITY));
  const situation = fc.record<Situation>({
    waiting: fc.nat(600),
    sinceMs: fc.integer({ min: -60_000, max: 0 }),
    isFlushing: fc.boolean(),
    isSpooled: fc.boolean(),
    retryAtMs: time,
    diskAtMs: time,
  });
  holds(
    t,
    fc.property(situation, (it) => {
      const act = nextAct(it, { intervalMs: 10_000, batch: 500 }, 0);
      if (act.kind === "wait") return act.untilMs > 0;
      if (act.kind === "post-memory") return !it.isSpooled && it.retryAtMs <= 0;
      return act.kind === "spool" ? it.waiting > 0 && it.diskAtMs <= 0 : it.isSpooled && it.retryAtMs <= 0;
    }),
  );
});
