import t from "tap";
import type { Ask } from "../../../src/agent/due.ts";
import type { StackMemory } from "../../../src/agent/memory.ts";
import { see } from "../../../src/agent/see.ts";
import { bodyOf, encodeItem, happeningOf } from "../../../src/agent/telemetry/item.ts";
import { samplesOf } from "../../../src/agent/telemetry/samples.ts";
import type { UnitState } from "../../../src/domain/observed.ts";
import type { Policy, ProbeResult } from "../../../src/domain/policy.ts";
import { parseSize, showSize } from "../../../src/domain/size.ts";
import type { ProbeRole } from "../../../src/health/roles.ts";
import { generationUnit, good, line, stack } from "../agent/given.ts";
import { autoRestart, failed, http, no, otherHttp, stopped, unasked, unit, unitProbe, yes } from "../health/given.ts";
import { happening, sample } from "./given.ts";

/** What becomes a sample, what an event, and how both read. */
const at = { now: 1_000_000, nowMs: 5_000, relistMs: 30_000 };
const stackOf = (rules: Partial<Policy> = {}): StackMemory => stack([generationUnit("web", {}, rules)]);
const answer = (result: ProbeResult, roles: readonly ProbeRole[] = ["readiness", "liveness"], probe: Ask["probe"] = http) => ({
  kind: "answer" as const,
  ask: {
    stack: "demo",
    service: "web.service",
    invocation: "a1",
    probe,
    route: { via: "systemd" as const },
    roles,
    timeoutMs: 1,
    isRoutine: true,
  },
  result,
  atMs: 4_000,
});
const heard = (memory: StackMemory, ...answers: readonly ReturnType<typeof answer>[]) =>
  samplesOf({ memory: new Map([["demo", memory]]), answers, looked: [] }, at);

t.test("every answer is a sample, at the time of its question", async (t) => {
  const slow = { ...no, latencyMs: 800.4 };
  t.same(heard(stackOf(), answer(yes), answer(slow), answer(unasked)), [
    { ...sample(998_999), latencyMs: 1 },
    { ...sample(998_200), outcome: "failure", latencyMs: 800.4 },
    { ...sample(998_999), outcome: "error", latencyMs: null },
  ]);
  t.same(heard(stackOf(), answer({ ...yes, latencyMs: Number.NaN })), [], "without a time it is none");
  t.same(heard(stack([generationUnit("other")]), answer(yes)), [], "a service that is gone meanwhile has no period any more");
});

t.test("one series is one question: liveness is no second opinion on readiness", async (t) => {
  const two = stackOf({ startup: otherHttp, readiness: otherHttp, liveness: http });
  t.same(heard(two, answer(yes, ["liveness"])), []);
  t.equal(heard(two, answer(no, ["startup", "readiness"], otherHttp)).length, 1);
  t.equal(heard(stackOf(), answer(yes, ["liveness"])).length, 1, "the same question");
  const other = stackOf({ readiness: { kind: "tcp", port: 1 }, liveness: http });
  t.equal(heard(other, answer(yes, ["liveness"])).length, 1, "another kind is another series");
});

t.test("where nobody can be asked, a look at the unit is a sample", async (t) => {
  const silent = stackOf({ startup: unitProbe, readiness: unitProbe, liveness: unitProbe });
  const lookAt = (memory: StackMemory, more: Partial<UnitState>) => {
    const seen = see(memory, "web.service", { kind: "unit", atMs: 0, unit: unit("web.service", more) }).stack;
    return samplesOf({ memory: new Map([["demo", seen]]), answers: [], looked: ["web.service", "nobodys.service"] }, at);
  };
  const unitSample = { ...sample(1_000_000), probe: "unit", latencyMs: null, periodMs: 30_000 };
  t.same(lookAt(silent, {}), [unitSample]);
  t.same(lookAt(silent, failed), [{ ...unitSample, outcome: "failure" }]);
  t.same(lookAt(silent, autoRestart), [{ ...unitSample, outcome: "failure" }]);
  t.same(lookAt(silent, stopped), [], "it may have ended because it was done");
  t.same(lookAt(stackOf(), {}), [], "this one is asked");
  const byHand = { ...silent, ledger: { ...silent.ledger, stoppedByHand: new Set(["web.service"]) } };
  t.same(lookAt(byHand, failed), []);
});

t.test("a sample and an event read as the sink expects them", async (t) => {
  t.same(JSON.parse(bodyOf("sample", [encodeItem(sample(0)), encodeItem({ ...sample(1), latencyMs: null })])), {
    samples: [
      {
        ...{ stack: "demo", service: "web.service", at: "1970-01-01T00:00:00.000Z", probe: "http", outcome: "success" },
        ...{ latency_ms: 1.235, period_ms: 10_000 },
      },
      {
        ...{ stack: "demo", service: "web.service", at: "1970-01-01T00:00:00.001Z", probe: "http", outcome: "success" },
        ...{ latency_ms: null, period_ms: 10_000 },
      },
    ],
  });
  t.same(JSON.parse(bodyOf("event", [encodeItem(happening(0))])), {
    events: [{ stack: "demo", at: "1970-01-01T00:00:00.000Z", kind: "good", service: null, generation: 1, detail: "it is good" }],
  });
});

t.test("a ledger line becomes an event with its sentence, cut short", async (t) => {
  t.match(happeningOf("demo", good(8, 7)), { event: "good", at: 7, service: null, generation: 8, detail: /^generation 8 is good/ });
  const long = happeningOf("demo", line({ event: "unhealthy", service: "web.service", because: "x".repeat(5_000) }));
  t.match(long, { service: "web.service", generation: null });
  t.equal(long?.detail.length, 1_000);
  t.equal(happeningOf("demo", good(8, Number.NaN)), undefined);
  t.equal(happeningOf("demo", good(8, 1e300)), undefined);
});

t.test("sizes are read and shown", async (t) => {
  t.same(["65536", "64K", "64KiB", "1.5 MiB", "2g", "1gb", "7B"].map(parseSize), [65_536, 65_536, 65_536, 1_572_864, 2 ** 31, 2 ** 30, 7]);
  for (const wrong of ["", "-1", "1T", "M", "1 2", "1e3", "0x10", "1KKiB"]) t.equal(parseSize(wrong), undefined, wrong);
  t.same([0, 1023, 1536, 64 * 2 ** 20, 2 ** 40].map(showSize), ["0 B", "1023 B", "1.5 KiB", "64 MiB", "1024 GiB"]);
});
