import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import t from "tap";
import type { ProbeResult } from "../../../src/domain/policy.ts";
import { isDegraded } from "../../../src/health/outcome.ts";
import { nextProbes } from "../../../src/health/schedule.ts";
import type { ServiceHealth } from "../../../src/health/service.ts";
import {
  all,
  answer,
  autoRestart,
  failed,
  healthyAt,
  holds,
  http,
  idle,
  look,
  no,
  otherHttp,
  policy,
  see,
  stopped,
  story,
  unasked,
  unit,
  unitProbe,
  yes,
} from "./given.ts";

const times = (n: number, result: ProbeResult, fromMs = 20_000) => Array.from({ length: n }, (_, i) => answer(fromMs + i * 10_000, result));

t.test("K2: readiness starts failing, liveness passing, startup unknown", async (t) => {
  const { health } = story();
  t.match(health, { outcome: "unknown", startup: "unknown", readiness: "fail", liveness: "pass" });
});

t.test("K3: no probe before InitialDelay, counted from the start of the container", async (t) => {
  const it = story({ initialDelayMs: 30_000 });
  see(it, look(0, idle), look(5000));
  t.same(nextProbes(it.health, it.policy, 5000, 0.9), [{ probe: http, roles: all, atMs: 35_100 }]);
  t.match(it.health, { outcome: "starting", readiness: "fail", liveness: "pass" });
});

t.test("K4: one failure less than the threshold changes nothing, and one success starts the count again", async (t) => {
  const it = healthyAt(100);
  see(it, ...times(2, no), answer(40_000, yes), ...times(2, no, 50_000));
  t.equal(it.health.outcome, "healthy");
  t.match(it.health.because, /HTTP 500 \(2 of 3/);
  see(it, answer(70_000, no));
  t.match(it.health, { outcome: "unhealthy", because: "HTTP 500, 3 times in a row", onHold: true });
  t.match(it.changes.at(-1), { from: "healthy", to: "unhealthy", atMs: 70_000, lastedMs: 69_900 });
});

t.test("K5: SuccessThreshold counts likewise, and a failure at threshold 1 counts at once", async (t) => {
  const it = story({ successThreshold: 3, failureThreshold: 1, startup: unitProbe, liveness: unitProbe });
  see(it, look(0, idle), look(0), answer(100, yes, ["readiness"]), answer(300, yes, ["readiness"]));
  t.match(it.health, { outcome: "notReady", readiness: "fail" });
  see(it, answer(700, yes, ["readiness"]));
  t.match(it.health, { outcome: "healthy", readySinceMs: 700 });
  see(it, answer(10_700, no, ["readiness"]));
  t.match(it.health, { outcome: "notReady", readySinceMs: undefined });
});

t.test("K6, K7: what could not be asked changes nothing, and does not end a row either", async (t) => {
  const it = healthyAt(100);
  see(it, ...times(2, no), answer(40_000, unasked));
  t.equal(it.health.outcome, "healthy");
  see(it, answer(50_000, no));
  t.equal(it.health.outcome, "unhealthy");
  const fresh = story();
  see(fresh, look(0, idle), look(0), answer(200_000, unasked), answer(300_000, unasked), answer(400_000, unasked));
  t.match(fresh.health, { outcome: "starting", because: "it could not be asked: no interface covers 172.20.0.5" });
});

t.test("K8, K9: a failed liveness holds until a new invocation, which clears everything", async (t) => {
  const it = healthyAt(100);
  see(it, ...times(3, no), answer(60_000, yes), answer(70_000, yes));
  t.match(it.health, { outcome: "unhealthy", onHold: true });
  t.same(nextProbes(it.health, it.policy, 80_000, 0), []);
  see(it, look(90_000), look(90_500, { invocation: "b2" }));
  t.match(it.health, { outcome: "starting", onHold: false, liveness: "pass", readiness: "fail", startup: "unknown", startedAtMs: 90_500 });
  see(it, answer(90_600, yes, all, "b2"));
  t.equal(it.health.outcome, "healthy");
});

t.test("an answer of an earlier container counts for nothing", async (t) => {
  const it = healthyAt(100);
  see(it, look(5000, { invocation: "b2" }), answer(5100, yes, all, "a1"));
  t.match(it.health, { outcome: "starting", startup: "unknown" });
});

t.test("K10, F30: startup gates the others; five minutes of start-up migration kill nothing", async (t) => {
  const it = story({ startupDeadlineMs: 400_000 });
  see(it, look(0, idle), look(0), ...times(30, no, 0));
  t.match(it.health, { outcome: "starting", onHold: false, liveness: "pass" });
  see(it, answer(310_000, yes));
  t.equal(it.health.outcome, "healthy");
});

t.test("K11: an exhausted startup is unhealthy even if liveness would pass", async (t) => {
  const it = story({ startup: otherHttp, startupDeadlineMs: 25_000 });
  see(it, look(0, idle), look(0), answer(10_000, no, ["startup"]), answer(20_000, no, ["startup"]), answer(24_000, yes, ["liveness"]));
  t.equal(it.health.outcome, "starting");
  see(it, answer(30_000, no, ["startup"]));
  t.match(it.health, { outcome: "unhealthy", because: "not started within 25 s: HTTP 500, 3 times in a row", onHold: true });
});

t.test("F13: one stale failure behind the deadline, after a suspended machine woke, is not enough", async (t) => {
  const it = story({ startupDeadlineMs: 25_000 });
  see(it, look(0, idle), look(0), answer(300_000, no));
  t.equal(it.health.outcome, "starting");
  t.equal(nextProbes(it.health, it.policy, 900_000, 0).length, 1, "one probe, not a burst");
});

t.test("K12: readiness and liveness are asked at once after startup passed", async (t) => {
  const it = story({ startup: unitProbe, readiness: otherHttp, periodMs: 30_000 });
  see(it, look(0, idle), look(400));
  t.same(nextProbes(it.health, it.policy, 400, 0.7), [
    { probe: otherHttp, roles: ["readiness"], atMs: 400 },
    { probe: http, roles: ["liveness"], atMs: 400 },
  ]);
});

t.test("K15: a failed readiness is not ready, never unhealthy, and comes back", async (t) => {
  const readiness = ["readiness"] as const;
  const it = story({ liveness: unitProbe });
  see(it, look(0, idle), look(0), answer(100, yes), ...times(50, no).map((one) => ({ ...one, roles: readiness })));
  t.match(it.health, { outcome: "notReady", onHold: false, because: "HTTP 500, 50 times in a row" });
  see(it, answer(900_000, yes, readiness));
  t.match(it.health, { outcome: "healthy", readySinceMs: 900_000 });
});

t.test("K16: during termination it is not ready, is not probed, and no failure counts", async (t) => {
  const it = healthyAt(100);
  see(it, ...times(2, no), look(45_000, { activeState: "deactivating", subState: "stop-sigterm" }), ...times(20, no, 46_000));
  t.match(it.health, { outcome: "stopped", because: "it is being stopped", readiness: "fail", liveness: "pass" });
  t.same(nextProbes(it.health, it.policy, 50_000, 0), []);
  t.notOk(it.changes.some((change) => change.to === "unhealthy"));
});

t.test("K19: services that ran before the agent did are spread over one period; others start quickly and slow down", async (t) => {
  const it = story();
  see(it, look(1000));
  t.same(nextProbes(it.health, it.policy, 1000, 0.25)[0]?.atMs, 3500);
  const fresh = story();
  see(fresh, look(0, idle), look(0));
  const asked: number[] = [];
  for (let i = 0; i < 10; i++) {
    const atMs = nextProbes(fresh.health, fresh.policy, 0, 0.9)[0]?.atMs ?? 0;
    asked.push(atMs);
    see(fresh, answer(atMs, no));
  }
  t.same(asked, [100, 300, 700, 1500, 3100, 6300, 12_700, 22_700, 32_700, 42_700]);
  t.equal(fresh.health.outcome, "starting");
});

t.test("one request serves all three roles, and equal probes stay in step", async (t) => {
  const it = healthyAt(100);
  t.same(nextProbes(it.health, it.policy, 200, 0), [{ probe: http, roles: ["readiness", "liveness"], atMs: 10_100 }]);
  const slow = story({ successThreshold: 3 });
  see(slow, look(0, idle), look(0), answer(100, yes));
  t.match(nextProbes(slow.health, slow.policy, 100, 0), [{ roles: ["readiness"], atMs: 300 }], "liveness does not ride on quick probes");
  const stuck = story({ successThreshold: 3 });
  see(stuck, look(0, idle), look(0), answer(100, yes), answer(300, unasked, ["readiness"]), answer(6200, unasked, ["readiness"]));
  t.strictSame(nextProbes(stuck.health, stuck.policy, 6800, 0)[0]?.roles, ["readiness"], "even when it is due soon");
  see(slow, answer(300, yes, ["readiness"]), answer(700, yes, ["readiness"]));
  const [due] = nextProbes(slow.health, slow.policy, 800, 0);
  t.match(due, { roles: ["readiness", "liveness"], atMs: 10_100 });
  see(slow, answer(10_100, yes, due?.roles));
  t.match(nextProbes(slow.health, slow.policy, 10_200, 0), [{ roles: ["readiness", "liveness"], atMs: 20_100 }]);
});

t.test("after an agent restart a service past its deadline counts as started, so that a hung one is found by liveness", async (t) => {
  const it = story();
  see(it, { kind: "unit", atMs: 50_000, unit: unit("web.service"), ageMs: 3_600_000 });
  t.match(it.health, { startup: "pass", outcome: "notReady" });
  see(it, ...times(3, no, 55_000));
  t.match(it.health, { outcome: "unhealthy", because: "HTTP 500, 3 times in a row" });
  const young = story();
  see(young, { kind: "unit", atMs: 50_000, unit: unit("web.service"), ageMs: 3000 });
  t.match(young.health, { startup: "unknown", startedAtMs: 47_000 });
});

t.test("F27: flapping below the threshold is healthy and degraded, for an hour", async (t) => {
  const it = healthyAt(100);
  for (let atMs = 10_000; atMs < 3_600_000; atMs += 10_000) see(it, answer(atMs, (atMs / 10_000) % 3 === 0 ? yes : no));
  t.equal(it.health.outcome, "healthy");
  t.ok(isDegraded(it.health, it.policy, 3_600_000));
  t.notOk(isDegraded(it.health, it.policy, 3_700_000), "it wears off");
  t.equal(it.changes.filter((change) => change.from === "healthy").length, 0);
});

t.test("F24: the reason of an end is told, whatever the state", async (t) => {
  const sayings = [
    [failed, "failed", "exit 1"],
    [{ ...failed, execMainStatus: 127 }, "failed", "exit 127: the command was not found"],
    [{ ...failed, execMainStatus: 137 }, "failed", "exit 137: killed, often for lack of memory"],
    [{ ...failed, result: "oom-kill", execMainStatus: 9 }, "failed", "killed for lack of memory"],
    [{ ...failed, result: "start-limit-hit" }, "failed", "started too often, systemd gave up"],
    [autoRestart, "starting", "systemd restarts it (exit 1)"],
    [{ ...failed, subState: "failed-before-auto-restart" }, "starting", "systemd restarts it (exit 1)"],
    [stopped, "stopped", "it ended: exit 0"],
    [idle, "stopped", "it was not started yet"],
    [{ ...idle, loadState: "not-found" }, "unknown", "systemd does not know this unit"],
  ] as const;
  for (const [state, outcome, because] of sayings) {
    const it = healthyAt(100);
    t.match(see(it, look(5000, state)), { outcome, because });
  }
});

t.test("a service without any probe is healthy by systemd's word", async (t) => {
  const it = story({ startup: unitProbe, readiness: unitProbe, liveness: unitProbe });
  t.match(see(it, look(0, idle), look(10)), { outcome: "healthy", because: "systemd says active", readySinceMs: 10 });
  t.same(nextProbes(it.health, it.policy, 10, 0), []);
});

t.test("a recheck ends the hold without a new invocation; failing again holds again", async (t) => {
  const it = healthyAt(100);
  see(it, ...times(3, no), { kind: "recheck", atMs: 60_000 });
  t.match(it.health, { onHold: false, liveness: "pass", outcome: "notReady" });
  t.equal(nextProbes(it.health, it.policy, 60_000, 0).length, 1);
  see(it, ...times(3, no, 60_100));
  t.equal(it.health.outcome, "unhealthy");
});

const results = fc.constantFrom(yes, no, unasked);
const verdicts = ({ outcome, startup, readiness, liveness, onHold, readySinceMs, runs }: ServiceHealth) => ({
  outcome,
  startup,
  readiness,
  liveness,
  onHold,
  readySinceMs,
  rows: Object.values(runs).map(({ successes, failures }) => [successes, failures]),
});

t.test("property: errors never change a verdict", async (t) => {
  holds(
    t,
    fc.property(fc.array(results, { maxLength: 40 }), (answers) => {
      const it = story({ startupDeadlineMs: 15_000 });
      see(it, look(0, idle), look(0));
      const without = story({ startupDeadlineMs: 15_000 });
      see(without, look(0, idle), look(0));
      answers.forEach((result, index) => {
        see(it, answer(index * 1000, result));
        if (result.outcome !== "error") see(without, answer(index * 1000, result));
      });
      return isDeepStrictEqual(verdicts(it.health), verdicts(without.health));
    }),
  );
});

t.test("property: below the threshold nothing happens", async (t) => {
  holds(
    t,
    fc.property(fc.integer({ min: 2, max: 8 }), fc.array(fc.nat(7), { maxLength: 30 }), (threshold, rows) => {
      const it = healthyAt(100, { failureThreshold: threshold });
      let atMs = 1000;
      for (const row of rows) {
        see(it, ...times(row % threshold, no, atMs), answer(atMs + 90_000, yes));
        atMs += 100_000;
      }
      return it.changes.filter((change) => change.from === "healthy").length === 0;
    }),
  );
});

t.test("property: no probe is due in the past, none more often than planned, none without a role", async (t) => {
  holds(
    t,
    fc.property(
      fc.array(results, { maxLength: 30 }),
      fc.nat(1_000_000),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (answers, nowMs, spread) => {
        const it = story({ readiness: otherHttp });
        see(it, look(0));
        for (const [index, result] of answers.entries()) see(it, answer(index * 500, result));
        const due = nextProbes(it.health, policy({ readiness: otherHttp }), nowMs, spread);
        return due.length <= 2 && due.every((one) => one.atMs >= nowMs && one.roles.length > 0);
      },
    ),
  );
});
