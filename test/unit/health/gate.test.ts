import fc from "fast-check";
import t from "tap";
import type { UnitState } from "../../../src/domain/observed.ts";
import type { ProbeResult, PublishedPort } from "../../../src/domain/policy.ts";
import { judgeGate } from "../../../src/health/gate.ts";
import type { GateObservation, GateQuestion, GateState, GateSubject, GateVerdict } from "../../../src/health/gate-facts.ts";
import { gateObserve, gateStart } from "../../../src/health/gate-fold.ts";
import { gateQuestions } from "../../../src/health/gate-questions.ts";
import { all, autoRestart, failed, holds, idle, no, otherHttp, policy, stopped, unasked, unit, unitProbe, yes } from "./given.ts";

const systemdOnly = { startup: unitProbe, readiness: unitProbe, liveness: unitProbe };

function subject(service: string, more: Partial<GateSubject> = {}): GateSubject {
  return {
    service,
    policy: policy(),
    role: "affected",
    job: "start",
    after: [],
    ports: [],
    oneshot: false,
    before: unit(service, idle),
    ...more,
  };
}

const dependent = (service: string, more: Partial<GateSubject> = {}) =>
  subject(service, { role: "dependent", job: "none", before: unit(service), ...more });

/** A machine to look at: what units say and what probes answer, by time. */
type World = {
  readonly unit: (service: string, atMs: number) => UnitState;
  readonly answer?: (question: GateQuestion, atMs: number) => ProbeResult;
  /** Jobs end with this, at this time. */
  readonly job?: { readonly atMs: number; readonly result: "done" | "failed" | "dependency" };
};

type Run = { readonly verdict: GateVerdict; readonly atMs: number; readonly asked: readonly GateQuestion[]; readonly state: GateState };

/** Plays a gate to its end as the shell does: looks every 100 ms, answers at once. */
function play(subjects: readonly GateSubject[], world: World, limitMs = 1_200_000): Run {
  let state = gateStart(subjects, 0);
  const asked: GateQuestion[] = [];
  const feed = (observation: GateObservation) => {
    state = gateObserve(state, observation);
  };
  const jobs = subjects.filter(({ job }) => job !== "none");
  for (const { service } of jobs) feed({ kind: "job-started", service, atMs: 0 });
  for (let nowMs = 0; nowMs <= limitMs; nowMs += 100) {
    if (nowMs === (world.job?.atMs ?? 100))
      for (const { service } of jobs) feed({ kind: "job", service, atMs: nowMs, result: world.job?.result ?? "done" });
    for (const { service } of subjects) feed({ kind: "unit", service, atMs: nowMs, unit: world.unit(service, nowMs) });
    for (const question of gateQuestions(state, nowMs).filter(({ atMs }) => atMs <= nowMs)) {
      asked.push(question);
      feed({ ...question, atMs: nowMs, result: world.answer?.(question, nowMs) ?? yes });
    }
    const verdict = judgeGate(state, nowMs);
    if (verdict.verdict !== "waiting") return { verdict, atMs: nowMs, asked, state };
    if (!(verdict.nextLookMs > nowMs)) throw new Error(`waiting for the past: ${verdict.because}`);
  }
  throw new Error("the gate never ended");
}

const up = (service: string) => unit(service, { invocation: "n1" });
/** Idle, then up for good. */
const starts = (service: string, atMs: number) => (atMs < 100 ? unit(service, idle) : up(service));
/** Exits 60 ms after each start, restarted by systemd every `everyMs`. */
const loops =
  (everyMs: number, status = 1) =>
  (service: string, atMs: number): UnitState => {
    if (atMs < 100) return unit(service, idle);
    const restarts = Math.floor((atMs - 100) / everyMs);
    const invocation = `n${restarts}`;
    const isUp = (atMs - 100) % everyMs < 60;
    return unit(service, isUp ? { restarts, invocation } : { ...autoRestart, execMainStatus: status, restarts, invocation });
  };

t.test("passes when it was ready for MinHealthy and a probe passed at the end, with few requests", async (t) => {
  const { verdict, atMs, asked } = play([subject("web.service")], { unit: starts });
  t.match(verdict, { verdict: "passed", because: "1 service proven, nothing restarted for 10 s", systemdOnly: [], tolerated: [] });
  t.ok(atMs >= 10_200 && atMs <= 10_400, `${atMs}`);
  t.equal(asked.length, 2, "one to be ready, one at the end");
});

t.test("the job says done and the image exits at once: three exits fail it without waiting", async (t) => {
  const { verdict, atMs } = play([subject("web.service")], { unit: loops(300) });
  t.match(verdict, { verdict: "failed", service: "web.service", because: "web.service: it exited 3 times before it was ready: exit 1" });
  t.ok(atMs < 1000, `${atMs}`);
});

t.test("where it replaces one that ran, two exits are enough", async (t) => {
  const replacing = (before: UnitState) => play([subject("web.service", { job: "restart", before })], { unit: loops(300) });
  t.match(replacing(unit("web.service", { invocation: "old" })).verdict.because, /exited 2 times before it was ready/);
  t.match(replacing(unit("web.service", { ...failed, invocation: "old" })).verdict.because, /exited 3 times before it was ready/);
});

t.test("exits between two looks are counted by NRestarts, each once", async (t) => {
  const seen = (service: string, atMs: number) => (atMs < 100 ? unit(service, idle) : unit(service, { restarts: 2, invocation: "n2" }));
  let state = gateStart([subject("web.service")], 0);
  state = gateObserve(state, { kind: "unit", service: "web.service", atMs: 500, unit: seen("web.service", 500) });
  t.equal(state.facts.get("web.service")?.exits.beforeReady, 2);
  const look = (atMs: number, more: Partial<UnitState>) => {
    state = gateObserve(state, { kind: "unit", service: "web.service", atMs, unit: unit("web.service", more) });
    return state.facts.get("web.service")?.exits.beforeReady;
  };
  t.equal(look(600, { ...autoRestart, restarts: 2, invocation: "n2" }), 3);
  t.equal(look(700, { ...autoRestart, restarts: 2, invocation: "n2" }), 3);
  t.equal(look(800, { restarts: 3, invocation: "n3" }), 3, "the restart of an exit that was seen");
  t.equal(look(900, { ...autoRestart, restarts: 4, invocation: "n4" }), 5, "one unseen, one seen");
  t.equal(look(950, { restarts: 0, invocation: "n5" }), 5, "a manual start sets NRestarts back");
  const queued = { ...autoRestart, subState: "auto-restart-queued" } as const;
  t.equal(look(1000, { ...queued, restarts: 1, invocation: "n5" }), 6, "a queued restart is in NRestarts already, its exit still shown");
  t.equal(look(1050, { ...queued, restarts: 1, invocation: "n5" }), 6);
  t.equal(look(1100, { restarts: 1, invocation: "n6" }), 6);
  t.equal(look(1150, { ...autoRestart, restarts: 1, invocation: "n6" }), 7);
  t.equal(look(1200, { ...queued, restarts: 2, invocation: "n6" }), 7, "seen before it was queued");
  t.equal(judgeGate(state, 950).verdict, "failed");
});

t.test("an exit that systemd follows up between two looks is told as it was seen, and never as an exit 0", async (t) => {
  const told = (...units: readonly UnitState[]): string => {
    let state = gateStart([subject("web.service", { policy: policy(systemdOnly) })], 0);
    for (const [index, seen] of [unit("web.service", idle), up("web.service"), ...units].entries())
      state = gateObserve(state, { kind: "unit", service: "web.service", atMs: index * 100, unit: seen });
    return judgeGate(state, 1000).because;
  };
  const again = unit("web.service", { invocation: "n2", restarts: 1 });
  t.match(told(again), /after it was ready: systemd started it again/);
  const clearing = {
    activeState: "deactivating",
    subState: "stop-post",
    result: "exit-code",
    execMainStatus: 3,
    invocation: "n1",
  } as const;
  t.match(told(unit("web.service", clearing), again), /after it was ready: exit 3/);
});

t.test("one exit that cannot heal is enough", async (t) => {
  for (const status of [125, 126, 127]) {
    const { verdict, atMs } = play([subject("web.service")], { unit: loops(5000, status) });
    t.match(verdict, { verdict: "failed", because: new RegExp(`exit ${status}: `) });
    t.ok(atMs <= 300);
  }
});

t.test("a job result other than done fails at once; a lost one is read from the state", async (t) => {
  const dead = (service: string, atMs: number) => unit(service, atMs < 100 ? idle : { ...failed, invocation: "n1", execMainStatus: 1 });
  const { verdict, atMs } = play([subject("web.service")], { unit: dead, job: { atMs: 100, result: "failed" } });
  t.match(verdict, { verdict: "failed", because: 'web.service: its start ended with "failed": exit 1' });
  t.equal(atMs, 100);
  let state = gateStart([subject("web.service", { policy: policy(systemdOnly) })], 0);
  state = gateObserve(state, { kind: "job", service: "web.service", atMs: 100, result: "lost" });
  state = gateObserve(state, { kind: "unit", service: "web.service", atMs: 100, unit: up("web.service") });
  t.equal(judgeGate(state, 100).verdict, "waiting");
  t.equal(judgeGate(state, 10_100).verdict, "passed");
});

t.test("an exit after readiness fails it, also when systemd has it up again", async (t) => {
  const world = (service: string, atMs: number) =>
    atMs < 4000 ? starts(service, atMs) : unit(service, { invocation: "n2", restarts: 1, result: "success" });
  const { verdict, atMs } = play([subject("web.service")], { unit: world });
  t.match(verdict, { verdict: "failed", because: /exited after it was ready/ });
  t.equal(atMs, 4000);
});

t.test("one exit that systemd does not follow up fails it, without waiting for the deadline", async (t) => {
  const world = (service: string, atMs: number) => (atMs < 300 ? starts(service, atMs) : unit(service, { ...stopped, invocation: "n1" }));
  const { verdict, atMs } = play([subject("web.service", { policy: policy({ initialDelayMs: 5000 }) })], { unit: world });
  t.match(verdict, { verdict: "failed", because: "web.service: it ended: exit 0, and systemd does not start it again" });
  t.ok(atMs <= 1400, `${atMs}`);
});

t.test("a failed state that lasts a millisecond before an automatic restart is no end", async (t) => {
  const flash = (service: string, atMs: number) =>
    atMs === 500 ? unit(service, { ...failed, subState: "failed-before-auto-restart", invocation: "n1" }) : starts(service, atMs);
  const { verdict, atMs } = play([subject("web.service", { policy: policy({ initialDelayMs: 2000 }) })], { unit: flash });
  t.equal(verdict.verdict, "passed");
  t.ok(atMs > 10_000);
});

t.test("StartupDeadline: never ready fails at the deadline, with what was said last", async (t) => {
  const late = play([subject("web.service")], { unit: starts, answer: () => no });
  t.match(late.verdict, { verdict: "failed", because: /^web.service: (not ready within 2 min|not started within 2 min).*HTTP 500/ });
  t.ok(late.atMs >= 120_000 && late.atMs < 131_000, `${late.atMs}`);
  const unaskable = play([subject("web.service")], { unit: starts, answer: () => unasked });
  t.match(unaskable.verdict, { verdict: "failed", because: /not ready within 2 min: it could not be asked: no interface covers/ });
});

t.test("F30: a slow start within its deadline passes", async (t) => {
  const { verdict, atMs } = play([subject("web.service", { policy: policy({ startupDeadlineMs: 400_000 }) })], {
    unit: starts,
    answer: (_question, at) => (at < 300_000 ? no : yes),
  });
  t.equal(verdict.verdict, "passed");
  t.ok(atMs >= 310_000 && atMs < 330_000, `${atMs}`);
});

t.test("N2: losing readiness sets the clock back", async (t) => {
  const one = policy({ liveness: unitProbe, failureThreshold: 1, periodMs: 2000 });
  const { verdict, atMs } = play([subject("web.service", { policy: one })], {
    unit: starts,
    answer: (_question, at) => (at > 5000 && at < 8000 ? no : yes),
  });
  t.equal(verdict.verdict, "passed");
  t.ok(atMs >= 18_000, `${atMs}`);
});

t.test("a failed liveness fails it: nothing but a restart would change that", async (t) => {
  const quick = policy({ periodMs: 1000, liveness: otherHttp });
  const { verdict, atMs } = play([subject("web.service", { policy: quick })], {
    unit: starts,
    answer: (question) => (question.kind === "probe" && question.roles.includes("liveness") ? no : yes),
  });
  t.match(verdict, { verdict: "failed", because: "web.service: HTTP 500, 3 times in a row" });
  t.ok(atMs < 4000);
});

t.test("a run that is about to be replaced proves nothing, and is not asked", async (t) => {
  const old = subject("web.service", { job: "restart", before: unit("web.service", { restarts: 4 }) });
  const world = (service: string, atMs: number) => (atMs < 3000 ? unit(service, { restarts: 4 }) : up(service));
  const { verdict, atMs, asked } = play([old], { unit: world, job: { atMs: 3000, result: "done" } });
  t.equal(verdict.verdict, "passed");
  t.ok(atMs > 13_000 && asked.every((question) => question.atMs > 3000));
  const exits = play([old], {
    unit: (service, atMs) => (atMs < 500 ? unit(service, { ...failed, restarts: 4 }) : up(service)),
    job: { atMs: 500, result: "done" },
  });
  t.equal(exits.verdict.verdict, "passed", "its own exit is our doing");
});

t.test("a crash loop that goes on until its job proves nothing against what replaces it", async (t) => {
  const crash = (run: number) => unit("web.service", { ...autoRestart, execMainStatus: 127, restarts: run, invocation: `a${run}` });
  let state = gateStart([subject("web.service", { job: "restart", before: crash(1) })], 0);
  const feed = (observation: GateObservation) => {
    state = gateObserve(state, observation);
  };
  for (const run of [1, 2, 3]) feed({ kind: "unit", service: "web.service", atMs: run * 100, unit: crash(run) });
  feed({ kind: "job-started", service: "web.service", atMs: 400 });
  feed({ kind: "unit", service: "web.service", atMs: 450, unit: crash(3) });
  t.match(judgeGate(state, 450), { verdict: "waiting" });
  feed({ kind: "unit", service: "web.service", atMs: 500, unit: unit("web.service", { invocation: "n1" }) });
  t.match(judgeGate(state, 500), { verdict: "waiting" });
  feed({ kind: "unit", service: "web.service", atMs: 600, unit: { ...crash(0), invocation: "n1" } });
  t.match(judgeGate(state, 600), { verdict: "failed", because: /exit 127/ }, "its own exit counts");
});

t.test("published TCP ports must answer, by the http probe where it fits", async (t) => {
  const port = (hostPort: number, protocol: "tcp" | "udp" = "tcp"): PublishedPort => ({
    hostAddress: hostPort === 8080 ? "0.0.0.0" : "127.0.0.2",
    hostPort,
    containerPort: hostPort,
    protocol,
  });
  const web = subject("web.service", { ports: [port(8080), port(9090), port(53, "udp")] });
  const good = play([web], { unit: starts });
  t.equal(good.verdict.verdict, "passed");
  const ports = good.asked.filter((question) => question.kind === "port");
  t.match(ports, [
    { address: "127.0.0.1", probe: { kind: "http", host: "127.0.0.1", port: 8080, path: "/health" } },
    { address: "127.0.0.2", probe: undefined, port: { hostPort: 9090 } },
  ]);
  t.equal(ports.length, 2);
  const refused: ProbeResult = { outcome: "failure", detail: "connection closed", latencyMs: 1 };
  const bad = play([web], { unit: starts, answer: (question) => (question.kind === "port" ? refused : yes) });
  t.match(bad.verdict, { verdict: "failed", because: /published port 0.0.0.0:8080 does not answer: connection closed/ });
});

t.test("exits while a dependency is not ready do not count; the deadline starts with its readiness", async (t) => {
  const db = subject("db.service", { policy: policy({ startupDeadlineMs: 100_000 }) });
  const api = subject("api.service", { after: ["db.service"], policy: policy({ startupDeadlineMs: 20_000 }) });
  const world: World = {
    unit: (service, atMs) =>
      service === "api.service" && atMs < 62_000
        ? loops(1000)(service, atMs)
        : atMs < 100
          ? starts(service, atMs)
          : unit(service, { invocation: service === "api.service" ? "n99" : "n1", restarts: service === "api.service" ? 61 : 0 }),
    answer: (question, atMs) => (question.service === "db.service" && atMs < 60_000 ? no : yes),
  };
  const { verdict } = play([api, db], world);
  t.equal(verdict.verdict, "passed");
  const never = play([api, db], {
    ...world,
    unit: (service, atMs) => (service === "api.service" ? loops(1000)(service, atMs) : starts(service, atMs)),
  });
  t.match(never.verdict, { verdict: "failed", service: "api.service", because: /exited 3 times before it was ready/ });
  t.ok(never.atMs > 60_000 && never.atMs < 70_000, `${never.atMs}`);
});

t.test("a run that began before its dependency was ready is excused to its end; the next one is not", async (t) => {
  const subjects = [subject("db.service", { policy: policy(systemdOnly) }), subject("api.service", { after: ["db.service"] })];
  let state = gateStart(subjects, 0);
  const look = (atMs: number, service: string, more: Partial<UnitState>) => {
    state = gateObserve(state, { kind: "unit", service, atMs, unit: unit(service, more) });
  };
  look(100, "api.service", { invocation: "n1" });
  look(5000, "db.service", { invocation: "n1" });
  look(5100, "api.service", { ...autoRestart, invocation: "n1" });
  t.match(state.facts.get("api.service")?.exits, { excused: 1, beforeReady: 0 });
  look(5200, "api.service", { invocation: "n2", restarts: 1 });
  look(5300, "api.service", { ...autoRestart, invocation: "n2", restarts: 1 });
  t.match(state.facts.get("api.service")?.exits, { excused: 1, beforeReady: 1 });
});

t.test("the root cause is named, not the dependents that fail with it", async (t) => {
  const { verdict } = play([subject("api.service", { after: ["db.service"] }), subject("db.service")], {
    unit: (service, atMs) => unit(service, atMs < 100 ? idle : { ...failed, invocation: "n1" }),
    job: { atMs: 200, result: "dependency" },
  });
  t.equal(verdict.service, "db.service");
});

t.test("F38: a dependent that ran before and is dead at the end fails the gate, unless somebody starts it", async (t) => {
  const subjects = [subject("db.service"), dependent("web.service", { after: ["db.service"] })];
  const gone = (service: string, atMs: number) =>
    service === "web.service" && atMs >= 100 ? unit(service, stopped) : starts(service, atMs);
  const { verdict, atMs, state } = play(subjects, { unit: gone });
  t.match(verdict, { verdict: "failed", service: "web.service", because: "web.service: it ran before and is dead now: it ended: exit 0" });
  t.ok(atMs >= 10_100 && atMs < 12_000, `${atMs}`);
  t.same(judgeGate(state, 5000).stranded, ["web.service"], "whoever waits is told before");
  const helped = play(subjects, { unit: (service, at) => (at < 3000 ? gone(service, at) : up(service)) });
  t.equal(helped.verdict.verdict, "passed");
  t.ok(helped.atMs >= 13_000, `${helped.atMs}`);
});

t.test("a dependent that did not run before is not judged, one that is only a dependency neither", async (t) => {
  const subjects = [
    subject("db.service", { after: ["net.service"] }),
    dependent("off.service", { after: ["db.service"], before: unit("off.service", stopped) }),
    subject("net.service", { role: "dependency", job: "none", oneshot: true, before: unit("net.service", { subState: "exited" }) }),
  ];
  const world = (service: string, atMs: number) =>
    service === "off.service"
      ? unit(service, stopped)
      : service === "net.service"
        ? unit(service, { subState: "exited" })
        : starts(service, atMs);
  t.match(play(subjects, { unit: world }).verdict, { verdict: "passed", because: /^1 service proven/ });
});

t.test("Rollback=no never fails the gate and is named; alone it is waited for", async (t) => {
  const lax = subject("lax.service", { policy: policy({ rollback: false }) });
  const both = play([lax, subject("web.service")], {
    unit: (service, atMs) => (service === "lax.service" ? loops(300)(service, atMs) : starts(service, atMs)),
  });
  t.match(both.verdict, { verdict: "passed", tolerated: [{ service: "lax.service", because: /exited \d+ times/ }] });
  t.ok(both.atMs < 11_000);
  const alone = play([lax], { unit: starts });
  t.match(alone.verdict, { verdict: "passed", tolerated: [] });
  t.ok(alone.atMs > 10_000);
});

t.test("services without any probe are named as proven by systemd only", async (t) => {
  const { verdict, asked } = play([subject("worker.service", { policy: policy(systemdOnly) }), subject("web.service")], { unit: starts });
  t.match(verdict, { verdict: "passed", systemdOnly: ["worker.service"] });
  t.notOk(asked.some(({ service }) => service === "worker.service"));
});

t.test("a oneshot is done with its first success, whether it remains or not, and failed with its failure", async (t) => {
  const task = subject("task.service", { oneshot: true });
  const after = (state: Partial<UnitState>) => (service: string, atMs: number) =>
    unit(service, atMs < 100 ? idle : { invocation: "n1", ...state });
  t.match(play([task], { unit: after(stopped) }), { verdict: { verdict: "passed" }, atMs: 100 });
  t.match(play([task], { unit: after({ subState: "exited" }) }), { verdict: { verdict: "passed" }, atMs: 100 });
  const running = { activeState: "activating", subState: "start", invocation: "n1" } as const;
  t.match(play([task], { unit: after(running), job: { atMs: 100, result: "done" } }), {
    verdict: { verdict: "failed", because: /not ready within/ },
  });
  t.match(play([task], { unit: after(failed) }).verdict, { verdict: "failed", because: /exit 1/ });
});

t.test("a probe that stops being possible does not pass the end of MinHealthy, and ends", async (t) => {
  const { verdict, atMs } = play([subject("web.service")], { unit: starts, answer: (_question, at) => (at < 1000 ? yes : unasked) });
  t.match(verdict, { verdict: "failed", because: /no probe passed at the end of MinHealthy: no interface covers/ });
  t.ok(atMs > 120_000);
});

t.test("nothing to prove passes", async (t) => {
  t.match(judgeGate(gateStart([], 0), 0), { verdict: "passed", because: "nothing to prove" });
});

t.test("an observation about a stranger, or of an earlier invocation, changes nothing", async (t) => {
  const state = gateObserve(gateStart([subject("web.service")], 0), {
    kind: "unit",
    service: "web.service",
    atMs: 100,
    unit: up("web.service"),
  });
  t.equal(gateObserve(state, { kind: "unit", service: "other.service", atMs: 100, unit: up("other.service") }), state);
  const late = gateObserve(state, { kind: "probe", service: "web.service", atMs: 200, invocation: "old", roles: all, result: yes });
  t.equal(late.facts.get("web.service")?.health.startup, "unknown");
});

t.test("property: the gate always ends, never in a pass that a probe contradicts", async (t) => {
  const answers = fc.array(fc.constantFrom(yes, no, unasked), { minLength: 1, maxLength: 50 });
  const behaviours = fc.constantFrom(starts, loops(300), loops(7000), (service: string, atMs: number) =>
    atMs < 9000 ? starts(service, atMs) : unit(service, { ...stopped, invocation: "n1" }),
  );
  holds(
    t,
    fc.property(answers, behaviours, behaviours, (script, db, web) => {
      let n = 0;
      let last: ProbeResult | undefined;
      const short = policy({ periodMs: 1000, startupDeadlineMs: 20_000, minHealthyMs: 3000 });
      const subjects = [subject("db.service", { policy: short }), subject("web.service", { policy: short, after: ["db.service"] })];
      const run = play(
        subjects,
        {
          unit: (service, atMs) => (service === "db.service" ? db(service, atMs) : web(service, atMs)),
          answer: (question) => {
            const result = script[n++ % script.length] ?? yes;
            if (question.service === "web.service") last = result;
            return result;
          },
        },
        120_000,
      );
      return run.verdict.verdict === "failed" || last?.outcome !== "failure";
    }),
  );
});
