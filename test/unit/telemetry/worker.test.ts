import fc from "fast-check";
import t from "tap";
import type { SinkAnswer } from "../../../src/ports/telemetry.ts";
import { away, happening, refused, rig, sample, samples, stateOf, taken, timesOf } from "./given.ts";

/** The worker as a whole, on a clock that only the test moves. */
t.test("nothing to send: no request, no file, no timer", async (t) => {
  const it = rig();
  await it.clock.advance(3_600_000);
  t.same([it.posts.length, it.disk.writes], [0, 0]);
  t.match(it.telemetry.status(), { state: "on", waiting: 0, lastError: "", lastDelivery: 0, nextTry: 0 });
});

t.test("what comes within an interval is one request, and the disk is not touched", async (t) => {
  const it = rig();
  it.telemetry.put([sample(1)]);
  await it.clock.advance(4_000);
  it.telemetry.put([sample(2)]);
  await it.clock.advance(5_900);
  t.same(it.posts, [], "not yet");
  await it.clock.advance(200);
  t.same(it.posts, [{ path: "v1/samples", atMs: 10_000, times: [1, 2] }]);
  t.equal(it.disk.writes, 0);
  t.match(it.telemetry.status(), { waiting: 0, delivered: 2, dropped: 0, lastError: "" });
});

t.test("a full batch does not wait for the interval, and samples and events keep their order", async (t) => {
  const it = rig({ batch: 3 });
  it.telemetry.put([sample(1), sample(2), happening(3), sample(4), sample(5), sample(6), sample(7)]);
  await it.clock.advance(1);
  t.same(
    it.posts.map(({ path, times }) => [path, ...times]),
    [
      ["v1/samples", 1, 2],
      ["v1/events", 3],
      ["v1/samples", 4, 5, 6],
      ["v1/samples", 7],
    ],
  );
});

t.test("a sink that is away: spooled with one write an interval, tried ever later, delivered in order, told once", async (t) => {
  const it = rig();
  it.answer = () => away;
  for (let at = 0; at < 300; at += 1) {
    it.telemetry.put([sample(at)]);
    await it.clock.advance(1_000);
  }
  t.same(it.got, []);
  t.ok(it.disk.writes <= 31, `${it.disk.writes} writes in 300 s`);
  t.ok(it.posts.length <= 9, `${it.posts.length} tries in 300 s`);
  t.match(it.telemetry.status(), { delivered: 0, dropped: 0, lastError: "connection refused" });
  it.answer = () => taken;
  await it.clock.advance(400_000);
  t.same(it.got, timesOf(samples(0, 300)));
  t.equal(it.disk.contents.size, 0, "nothing is left on the disk");
  t.match(it.telemetry.status(), { waiting: 0, spooledBytes: 0, delivered: 300, dropped: 0, lastError: "", nextTry: 0 });
  t.match(it.said, [
    /^Telemetry: http:\/\/sink takes nothing: connection refused\. At most 64 MiB and 168 h/,
    /takes everything again after/,
  ]);
  t.equal(it.said.length, 2);
});

t.test("a sink that restarts is no news", async (t) => {
  const it = rig();
  it.answer = () => away;
  it.telemetry.put(samples(0, 5));
  await it.clock.advance(40_000);
  it.answer = () => taken;
  await it.clock.advance(60_000);
  t.same(it.got, timesOf(samples(0, 5)));
  t.same(it.said, []);
});

t.test("a token that is wrong is told at once, and costs nothing", async (t) => {
  const it = rig();
  it.answer = () => ({ kind: "denied", because: "HTTP 401" });
  it.telemetry.put(samples(0, 5));
  await it.clock.advance(11_000);
  t.match(it.said, [/takes nothing: HTTP 401/]);
  it.answer = () => taken;
  await it.clock.advance(60_000);
  t.same(it.got, timesOf(samples(0, 5)));
});

t.test("the spool is bounded: the oldest go, counted, told once, and the newest arrive", async (t) => {
  const it = rig({ spoolBytes: 64 * 1024 });
  it.answer = () => away;
  let most = 0;
  for (let at = 0; at < 2_000; at += 20) {
    it.telemetry.put(samples(at, at + 20));
    await it.clock.advance(5_000);
    most = Math.max(
      most,
      [...it.disk.contents.values()].reduce((sum, { length }) => sum + length, 0),
    );
  }
  t.ok(most <= 64 * 1024, `${most} bytes on the disk`);
  t.equal(it.said.filter((line) => /more waits than 64 KiB or 168 h; the oldest samples and events are dropped/.test(line)).length, 1);
  it.answer = () => taken;
  await it.clock.advance(400_000);
  const status = stateOf(it);
  t.ok(status.dropped > 0);
  t.equal(status.delivered + status.dropped, 2_000);
  t.same(it.got, timesOf(samples(2_000 - status.delivered, 2_000)));
  t.ok(status.delivered >= 300, `${status.delivered} of the newest arrived`);
});

t.test("what waits for too long goes", async (t) => {
  const it = rig({ keepMs: 600_000 });
  it.answer = () => away;
  it.telemetry.put(samples(0, 10));
  await it.clock.advance(700_000);
  t.match(it.telemetry.status(), { waiting: 0, dropped: 10 });
  t.equal(it.disk.contents.size, 0);
  t.ok(it.said.some((line) => /more waits than 64 MiB or 10 min/.test(line)));
});

t.test("one bad item in a batch: found, dropped alone, told once", async (t) => {
  const it = rig();
  it.answer = (times) => (times.includes(321) ? refused : taken);
  it.telemetry.put(samples(0, 500));
  await it.clock.advance(60_000);
  t.same(it.got, timesOf([...samples(0, 321), ...samples(322, 500)]));
  t.match(it.telemetry.status(), { delivered: 499, dropped: 1, waiting: 0 });
  t.match(it.said, [/refused a sample for good \(dropped\): HTTP 400/]);
  t.equal(it.said.length, 1);
  t.ok(it.posts.length < 60, `${it.posts.length} requests`);
});

t.test("a sink that refuses everything gets few requests, and the queue is not blocked by it", async (t) => {
  const it = rig();
  it.answer = () => refused;
  for (let at = 0; at < 3_600; at += 1) {
    it.telemetry.put([sample(at)]);
    await it.clock.advance(1_000);
  }
  t.ok(it.posts.length < 60, `${it.posts.length} requests in an hour`);
  const before = stateOf(it);
  it.answer = () => taken;
  await it.clock.advance(700_000);
  const after = stateOf(it);
  t.ok(before.dropped > 2_000, `${before.dropped} dropped`);
  t.equal(after.delivered + after.dropped, 3_600);
  t.ok(it.said.length <= 2, it.said.join("\n"));
});

t.test("what the sink rejects of a batch is counted, and told once an hour", async (t) => {
  const it = rig();
  it.answer = () => ({ kind: "taken", rejected: 1, because: "the time lies in the future" });
  for (let at = 0; at < 20; at += 2) {
    it.telemetry.put(samples(at, at + 2));
    await it.clock.advance(11_000);
  }
  t.match(it.telemetry.status(), { delivered: 10, rejected: 10, dropped: 0 });
  t.match(it.said, [/rejected 1 of 2 samples: the time lies in the future/]);
  t.equal(it.said.length, 1);
  it.answer = () => ({ kind: "taken", rejected: 1e9, because: "" });
  it.telemetry.put([sample(99)]);
  await it.clock.advance(11_000);
  t.match(it.telemetry.status(), { delivered: 10, rejected: 11 }, "a sink cannot reject more than it got");
});

t.test("a full or read-only disk is told once; memory keeps what it can, and all of it arrives", async (t) => {
  const it = rig();
  it.answer = () => away;
  it.disk.roomBytes = 5_000;
  for (let at = 0; at < 600; at += 1) {
    it.telemetry.put([sample(at)]);
    await it.clock.advance(1_000);
  }
  t.equal(it.said.filter((line) => /the disk is full\. What the sink does not take waits in memory only/.test(line)).length, 1);
  t.match(it.telemetry.status(), { waiting: 600, dropped: 0 });
  it.disk.roomBytes = Number.POSITIVE_INFINITY;
  it.answer = () => taken;
  await it.clock.advance(400_000);
  t.same(it.got, timesOf(samples(0, 600)), "torn writes included");
  t.match(it.telemetry.status(), { waiting: 0, dropped: 0, lastError: "" });

  const readOnly = rig();
  readOnly.disk.isBroken = true;
  readOnly.telemetry.put(samples(0, 5));
  await readOnly.clock.advance(11_000);
  t.same(readOnly.got, timesOf(samples(0, 5)), "a sink that is there needs no disk");
  t.match(readOnly.telemetry.status(), { dropped: 0 });
});

t.test("without a sink and without a disk memory is bounded, and the oldest go", async (t) => {
  const it = rig();
  it.answer = () => away;
  it.disk.isBroken = true;
  for (let at = 0; at < 20_000; at += 100) {
    it.telemetry.put(samples(at, at + 100));
    await it.clock.advance(1_000);
  }
  const status = stateOf(it);
  t.ok(status.waiting <= 5_000, `${status.waiting} wait`);
  t.equal(status.waiting + status.dropped, 20_000);
  it.answer = () => taken;
  await it.clock.advance(400_000);
  t.same(it.got, timesOf(samples(20_000 - status.waiting, 20_000)));
  t.equal(it.said.filter((line) => /more than 5000 wait in memory/.test(line)).length, 1);
});

t.test("while a sink hangs nobody waits for it, and little is in memory only", async (t) => {
  const it = rig();
  let hanging = 0;
  it.answer = async (_, stopping) => {
    hanging += 1;
    await it.clock.sleep(10_000, stopping);
    return away;
  };
  let most = 0;
  for (let at = 0; at < 120; at += 1) {
    it.telemetry.put([sample(at)]);
    await it.clock.advance(1_000);
    const onDisk = [...it.disk.contents.values()].reduce((sum, bytes) => sum + bytes.toString().split("\n").length - 1, 0);
    most = Math.max(most, at + 1 - onDisk);
  }
  t.ok(hanging > 1);
  t.ok(most <= 30, `at most ${most} s of samples would be lost by a SIGKILL`);
  it.answer = () => taken;
  await it.clock.advance(400_000);
  t.same(it.got, timesOf(samples(0, 120)));
});

t.test("a sink that is slow does not make a crash cost more", async (t) => {
  const it = rig({ batch: 2 });
  it.answer = async (_, stopping) => {
    await it.clock.sleep(9_000, stopping);
    return taken;
  };
  let most = 0;
  for (let at = 0; at < 200; at += 1) {
    it.telemetry.put([sample(at)]);
    await it.clock.advance(1_000);
    const lines = [...it.disk.contents.values()].flatMap((bytes) => bytes.toString().split("\n").filter(Boolean));
    const safe = new Set([...lines.map((line) => Date.parse((JSON.parse(line.slice(1)) as { at: string }).at)), ...it.got]);
    most = Math.max(most, timesOf(samples(0, at + 1)).filter((time) => !safe.has(time)).length);
  }
  t.ok(most <= 30, `at most ${most} s of samples would be lost by a SIGKILL`);
  t.same(it.got, timesOf(samples(0, it.got.length)), "and the order stays");
});

t.test("a stop keeps everything for the next agent, which delivers it first", async (t) => {
  const it = rig();
  it.telemetry.put(samples(0, 5));
  await it.clock.advance(1);
  await it.telemetry.stop();
  t.same(it.posts, [], "a stop waits for no sink");
  const next = rig({}, it);
  next.telemetry.put([sample(5)]);
  await it.clock.advance(11_000);
  t.same(next.got, timesOf(samples(0, 6)));
});

t.test("a stop ends a request that hangs, and what it carried is kept", async (t) => {
  const it = rig();
  it.answer = async (_, stopping) => {
    await it.clock.sleep(1e9, stopping);
    return away;
  };
  it.telemetry.put(samples(0, 5));
  await it.clock.advance(11_000);
  t.equal(it.posts.length, 1);
  await it.telemetry.stop();
  const next = rig({}, it);
  await it.clock.advance(1);
  t.same(next.got, timesOf(samples(0, 5)));
});

t.test("a spool file that was damaged or removed costs what was in it, and no more", async (t) => {
  const it = rig({ spoolBytes: 64 * 1024 });
  it.answer = () => away;
  it.telemetry.put(samples(0, 150));
  await it.clock.advance(11_000);
  await it.telemetry.stop();
  const [first = 0, second = 0] = it.disk.contents.keys();
  const text = it.disk.contents.get(first)?.toString() ?? "";
  const torn = text.split("\n")[3] ?? "";
  it.disk.contents.set(first, Buffer.from(`${text.replace(torn, "\u0000\u0000garbage")}s{"stack":`));
  const next = rig({ spoolBytes: 64 * 1024 }, it);
  await it.clock.advance(1);
  it.disk.contents.delete(second);
  await it.clock.advance(60_000);
  t.match(next.telemetry.status(), { waiting: 0, dropped: 2, delivered: 149 });
  next.telemetry.put([sample(999)]);
  await it.clock.advance(11_000);
  t.equal(next.got.at(-1), 999);
});

t.test("whatever the sink and the crashes do, what was spooled arrives, in its order, and the counts add up", async (t) => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ put: fc.integer({ min: 1, max: 40 }) }) },
    { weight: 6, arbitrary: fc.record({ advance: fc.integer({ min: 1, max: 40_000 }) }) },
    { weight: 3, arbitrary: fc.record({ answer: fc.constantFrom<SinkAnswer>(taken, away, { kind: "denied", because: "HTTP 401" }) }) },
    { weight: 1, arbitrary: fc.record({ stop: fc.constant(true) }) },
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 30 }), fc.integer({ min: 1, max: 60 }), async (steps, batch) => {
      let it = rig({ batch });
      let at = 0;
      let answer: SinkAnswer = taken;
      const got: number[] = [];
      const use = (next: typeof it): void => {
        it = next;
        it.answer = () => answer;
      };
      use(it);
      for (const one of steps) {
        if ("put" in one) {
          it.telemetry.put(samples(at, at + one.put));
          at += one.put;
        } else if ("advance" in one) await it.clock.advance(one.advance);
        else if ("answer" in one) answer = one.answer;
        else {
          await it.telemetry.stop();
          got.push(...it.got);
          use(rig({ batch }, it));
        }
      }
      answer = taken;
      await it.clock.advance(1_000_000);
      got.push(...it.got);
      // What was delivered before a stop may come again after it, never out of order within one agent's life.
      const isOrdered = it.got.every((time, index) => index === 0 || (it.got[index - 1] ?? 0) < time);
      return new Set(got).size === at && isOrdered && stateOf(it).waiting === 0;
    }),
    { numRuns: 60 },
  );
  t.pass("it held");
});
