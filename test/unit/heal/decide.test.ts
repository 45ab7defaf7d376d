import fc from "fast-check";
import t from "tap";
import type { UnitState } from "../../../src/domain/observed.ts";
import { backoffMs } from "../../../src/heal/backoff.ts";
import { judgeStop } from "../../../src/heal/by-hand.ts";
import { decideHealing, type HealChange } from "../../../src/heal/decide.ts";
import { type HealState, initialHealState } from "../../../src/heal/state.ts";
import type { HealAction, ServiceView, StackView } from "../../../src/heal/view.ts";
import { initialHealth, observe } from "../../../src/health/service.ts";
import { all, autoRestart, failed, holds, idle, no, policy, stopped, unit, yes } from "../health/given.ts";

const half = () => 0.5;
const minute = 60_000;

/** What a service is like at one moment: its unit, and what its probe says (none = not probed). */
type Condition = { readonly unit: UnitState; readonly sick?: boolean };

function service(name: string, condition: Condition, more: Partial<ServiceView> = {}): ServiceView {
  const rules = more.policy ?? policy();
  const observed = observe(initialHealth(0), { kind: "unit", atMs: 0, unit: condition.unit, ageMs: 600_000 }, rules).health;
  const results = condition.sick === true ? [no, no, no] : [yes];
  const health = results.reduce(
    (sum, result) => observe(sum, { kind: "probe", atMs: 1, invocation: condition.unit.invocation, roles: all, result }, rules).health,
    observed,
  );
  return {
    service: name,
    health,
    policy: rules,
    after: [],
    requires: [],
    oneshot: false,
    stoppedByHand: false,
    changed: false,
    missingNetworks: [],
    missingVolumes: [],
    ...more,
  };
}

const well = (name: string, more: Partial<ServiceView> = {}) => service(name, { unit: unit(name) }, more);
const sick = (name: string, more: Partial<ServiceView> = {}) => service(name, { unit: unit(name), sick: true }, more);
const dead = (name: string, more: Partial<ServiceView> = {}) => service(name, { unit: unit(name, failed) }, more);
const inState = (name: string, state: Partial<UnitState>, more: Partial<ServiceView> = {}) =>
  service(name, { unit: unit(name, state) }, more);

function stack(services: readonly ServiceView[], more: Partial<StackView> = {}): StackView {
  return { generation: 1, services, missingUnitFiles: [], laneHolder: undefined, paused: false, inProbation: false, ...more };
}

type Seen = { readonly atMs: number; readonly action: HealAction };
type Film = { readonly seen: readonly Seen[]; readonly state: HealState; readonly changes: readonly (HealChange & { atMs: number })[] };

/** Plays `view` by time, one look a second unless told. */
function film(
  view: (atMs: number) => StackView,
  untilMs: number,
  more: { stepMs?: number; fromMs?: number; state?: HealState; rng?: () => number } = {},
): Film {
  let state = more.state ?? initialHealState(1, [], 0);
  const seen: Seen[] = [];
  const changes: (HealChange & { atMs: number })[] = [];
  for (let atMs = more.fromMs ?? 0; atMs <= untilMs; atMs += more.stepMs ?? 1000) {
    const healing = decideHealing(view(atMs), state, atMs, more.rng ?? half);
    state = healing.state;
    seen.push(...healing.actions.map((action) => ({ atMs, action })));
    changes.push(...healing.changes.map((change) => ({ ...change, atMs })));
  }
  return { seen, state, changes };
}

const kinds = ({ seen }: Film) => seen.map(({ action }) => action.kind);
const moves = ({ seen }: Film) => seen.filter(({ action }) => action.kind === "restart" || action.kind === "start");
const rich = policy({ restartBudget: { restarts: 1000, windowMs: 600_000 } });

t.test("K20: at once, then 10, 20, 40, 80, 160, 300 s", async (t) => {
  t.same(
    [0, 1, 2, 3, 4, 5, 6, 7, 100].map((attempts) => backoffMs(attempts, half)),
    [0, 10, 20, 40, 80, 160, 300, 300, 300].map((s) => s * 1000),
  );
});

t.test("property: the back-off stays within a quarter of its step and under its cap", async (t) => {
  holds(
    t,
    fc.property(fc.nat(200), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempts, random) => {
      const plainMs = attempts === 0 ? 0 : Math.min(10_000 * 2 ** (attempts - 1), 300_000);
      const ms = backoffMs(attempts, () => random);
      return ms >= plainMs * 0.75 - 1 && ms <= plainMs * 1.25 + 1;
    }),
  );
});

t.test("a hung process is restarted with its grace, and the because tells why", async (t) => {
  const { seen } = film(() => stack([sick("web.service", { policy: policy({ graceMs: 5000 }) })]), 0);
  t.same(seen[0]?.action, { kind: "restart", service: "web.service", because: "HTTP 500, 3 times in a row", graceMs: 5000, attempt: 1 });
});

t.test("K20, F23: restarts of a service that never gets well follow the back-off", async (t) => {
  const story = film(() => stack([dead("web.service", { policy: rich })]), 20 * minute);
  const at = moves(story).map(({ atMs }) => atMs / 1000);
  const gaps = at.slice(1).map((one, index) => one - (at[index] ?? 0));
  t.equal(at[0], 1, "a dead unit is believed after a second");
  for (const [index, plain] of [10, 20, 40, 80, 160, 300, 300].entries())
    t.ok(Math.abs((gaps[index] ?? 0) - plain) <= 2, `gap ${index}: ${gaps[index]}`);
});

t.test("K20: ten healthy minutes forget the back-off, less do not", async (t) => {
  const view = (healthyMs: number) => (atMs: number) =>
    stack([atMs < 100_000 || atMs >= 100_000 + healthyMs ? sick("web.service", { policy: rich }) : well("web.service", { policy: rich })]);
  const attempts = (healthyMs: number) =>
    moves(film(view(healthyMs), 100_000 + healthyMs + 100_000)).map(({ action }) => ("attempt" in action ? action.attempt : 0));
  t.same(attempts(5 * minute), [1, 2, 3, 4, 5]);
  t.same(attempts(11 * minute), [1, 2, 3, 4, 1, 2, 3, 4]);
});

t.test("K15: not ready is left alone; so is what systemd is at", async (t) => {
  const notReady = well("web.service");
  const views = [
    { ...notReady, health: { ...notReady.health, outcome: "notReady" as const, readiness: "fail" as const } },
    inState("web.service", autoRestart),
    inState("web.service", { ...failed, subState: "failed-before-auto-restart" }),
    inState("web.service", { activeState: "activating", subState: "start" }),
    inState("web.service", { activeState: "deactivating", subState: "stop-sigterm" }),
  ];
  for (const view of views) t.same(kinds(film(() => stack([view]), minute)), [], view.health.because);
});

t.test("F22: a loop with Restart=always never reads failed and is flagged by NRestarts, at three or after a minute", async (t) => {
  const fast = film(
    (atMs) => stack([inState("web.service", { ...autoRestart, restarts: Math.floor(atMs / 500), invocation: `i${atMs}` })]),
    20_000,
    { stepMs: 100 },
  );
  const flagged = fast.changes.find(({ kind }) => kind === "crash-loop");
  t.match(flagged, { service: "web.service", because: "3 restarts in 1 s", atMs: 1500 });
  const slow = film(
    (atMs) => stack([inState("web.service", { ...autoRestart, restarts: Math.floor(atMs / 31_000), invocation: `i${atMs}` })]),
    200_000,
  );
  t.ok((slow.changes.find(({ kind }) => kind === "crash-loop")?.atMs ?? Number.POSITIVE_INFINITY) <= 92_000);
  t.same(moves(fast), [], "systemd is at it");
  t.same(kinds(fast), ["open-breaker"], "and it is said loudly, once");
  t.match(fast.seen[0], { action: { because: /^5 restarts in 2 s, last: systemd restarts it \(exit 1\)$/ } });
});

t.test("the breaker opens when the budget is spent, tries again later for longer, and closes with health", async (t) => {
  const ill = film(() => stack([dead("web.service")]), 100 * minute);
  const opened = ill.seen.filter(({ action }) => action.kind === "open-breaker");
  t.equal(opened.length, 4);
  t.match(opened[0]?.action, { because: /^5 restarts in .*, last: systemd gave up on it: exit 1$/, retryMs: 675_000 });
  t.match(opened[1]?.action, { retryMs: 1_350_000 });
  const before = ill.seen.filter(({ atMs }) => atMs <= (opened[0]?.atMs ?? 0));
  t.equal(before.filter(({ action }) => action.kind === "start").length, 5);
  t.equal(ill.state.services.get("web.service")?.stance, "given-up");
  const cured = film(() => stack([well("web.service")]), 101 * minute, { state: ill.state, fromMs: 100 * minute });
  t.match(cured.seen, [{ action: { kind: "close-breaker", because: "healthy for 10 s" } }]);
  t.equal(cured.state.services.get("web.service")?.breaker.state, "closed");
});

t.test("a breaker that was open when the agent ended stays open", async (t) => {
  const state = initialHealState(1, [{ service: "web.service", because: "5 restarts", ageMs: 2 * minute, windowMs: 10 * minute }], 0);
  const { seen } = film(() => stack([dead("web.service")]), 9 * minute, { state });
  t.match(seen[0], { atMs: 8 * minute, action: { kind: "start", because: /time to try again/ } });
});

t.test("F28: one of twenty loops, the others are left alone", async (t) => {
  const others = Array.from({ length: 19 }, (_, index) => well(`s${index}.service`));
  const { seen } = film(() => stack([...others, dead("bad.service")]), 60 * minute);
  t.ok(seen.length > 5);
  t.ok(seen.every(({ action }) => "service" in action && action.service === "bad.service"));
});

t.test("F29: the database is down with five dependants: only it is restarted; then they may prove themselves first", async (t) => {
  const dependants = (make: typeof sick) => [1, 2, 3, 4, 5].map((n) => make(`d${n}.service`, { after: ["db.service"] }));
  const down = film(() => stack([...dependants(sick), dead("db.service")]), 60 * minute);
  t.ok(down.seen.length > 0);
  t.ok(down.seen.every(({ action }) => "service" in action && action.service === "db.service"));
  t.match(down.state.services.get("d1.service"), { stance: "left-alone", because: "db.service is down: exit 1" });
  const back = decideHealing(stack([...dependants(sick), well("db.service")]), down.state, 61 * minute, half);
  t.same(
    back.actions.map(({ kind }) => kind),
    Array.from({ length: 5 }, () => "recheck"),
  );
  t.same(
    decideHealing(stack([...dependants(well), well("db.service")]), back.state, 62 * minute, half).actions.filter(
      ({ kind }) => kind !== "close-breaker",
    ),
    [],
  );
  const again = decideHealing(stack([...dependants(sick), well("db.service")]), back.state, 62 * minute, half);
  t.same(
    again.actions.map(({ kind }) => kind).filter((kind) => kind !== "close-breaker"),
    Array.from({ length: 5 }, () => "restart"),
    "those that do not come back are restarted",
  );
});

t.test("restarts of a dependent while its dependency is down are not held against it", async (t) => {
  const view = (atMs: number) =>
    stack([
      dead("db.service", { policy: rich }),
      inState("web.service", { ...autoRestart, restarts: Math.floor(atMs / 1000), invocation: `i${atMs}` }, { after: ["db.service"] }),
    ]);
  const { state, changes } = film(view, 5 * minute);
  t.match(state.services.get("web.service"), { restarts: [], breaker: { state: "closed" } });
  t.notOk(changes.some((change) => change.kind === "crash-loop" && change.service === "web.service"));
});

t.test("a breaker half-opens at once when a dependency recovers", async (t) => {
  const web = (make: typeof dead) => make("web.service", { after: ["db.service"] });
  const open = film(() => stack([web(dead), well("db.service")]), 5 * minute);
  t.equal(open.state.services.get("web.service")?.breaker.state, "open");
  const dbDown = film(() => stack([web(dead), dead("db.service", { policy: rich })]), 6 * minute, {
    state: open.state,
    fromMs: 5 * minute,
  });
  const back = decideHealing(stack([web(dead), well("db.service")]), dbDown.state, 6 * minute + 1000, half);
  t.match(back.actions, [{ kind: "start", service: "web.service", because: /db.service is back/ }]);
  t.equal(back.state.services.get("web.service")?.breaker.state, "half-open");
});

t.test("a dependent that went down with its dependency is started when that is back; one that ended by itself is not", async (t) => {
  const web = (state: Partial<UnitState>) => inState("web.service", state, { after: ["db.service"], requires: ["db.service"] });
  const story = film(
    (atMs) => (atMs < 10_000 ? stack([web(stopped), inState("db.service", autoRestart)]) : stack([web(stopped), well("db.service")])),
    minute,
  );
  t.match(moves(story)[0], { action: { kind: "start", service: "web.service", because: "it went down with db.service, which is back" } });
  t.same(kinds(film(() => stack([web(stopped), well("db.service")]), minute)), [], "a task that ended with 0 is done");
  t.same(
    kinds(
      film(() => stack([well("x.service", { after: ["web.service"] }), web(stopped), sick("y.service", { after: ["web.service"] })]), 0),
    ),
    ["restart"],
    "and blocks nobody",
  );
});

t.test("F31: stopped by hand stays stopped, whatever the state", async (t) => {
  for (const state of [stopped, failed, { ...failed, execMainStatus: 143 }, idle])
    t.same(kinds(film(() => stack([inState("web.service", state, { stoppedByHand: true })]), 10 * minute)), []);
  const race = film((atMs) => stack([inState("web.service", { ...failed, execMainStatus: 143 }, { stoppedByHand: atMs >= 800 })]), 5000, {
    stepMs: 200,
  });
  t.same(kinds(race), [], "the word that a person did it may come a moment later");
});

t.test("who stopped it: a person, Phoenix, or systemd for its dependency", async (t) => {
  const view = stack([
    inState("web.service", stopped, { after: ["db.service"], requires: ["db.service"] }),
    inState("db.service", { activeState: "deactivating", subState: "stop-sigterm" }),
  ]);
  const circumstances = { view, stops: [], ours: new Set<string>(), isTargetStopping: false };
  const stop = { service: "web.service", atMs: 1000 };
  t.match(judgeStop({ service: "db.service", atMs: 2000 }, circumstances), { isByHand: true });
  t.match(judgeStop(stop, circumstances), { isByHand: false, because: "it went down with db.service" });
  t.match(judgeStop(stop, { ...circumstances, ours: new Set(["web.service"]) }), { isByHand: false, because: "Phoenix stopped it" });
  t.match(judgeStop(stop, { ...circumstances, isTargetStopping: true }), { isByHand: false });
  const well2 = stack([inState("web.service", stopped, { requires: ["db.service"] }), well("db.service")]);
  t.match(judgeStop(stop, { ...circumstances, view: well2 }), { isByHand: true });
  t.match(judgeStop(stop, { ...circumstances, view: well2, stops: [{ service: "db.service", atMs: 1500 }] }), { isByHand: false });
});

t.test("nothing happens while the lane is held, while paused, or with Heal=none; what happened meanwhile is remembered", async (t) => {
  const loop = (atMs: number) => inState("web.service", { ...autoRestart, restarts: Math.floor(atMs / 1000), invocation: `i${atMs}` });
  const held = film((atMs) => stack([loop(atMs), sick("api.service")], { laneHolder: "phoenix deploy, pid 7" }), minute);
  t.same(kinds(held), []);
  t.match(held.state.services.get("api.service"), { stance: "left-alone", because: "a change is running: phoenix deploy, pid 7" });
  t.equal(held.state.services.get("web.service")?.restarts.length, 60);
  t.same(kinds(film(() => stack([sick("web.service")], { paused: true }), minute)), []);
  t.same(kinds(film(() => stack([sick("web.service", { policy: policy({ heal: "none" }) })]), minute)), []);
});

t.test("what is gone is put back, with a back-off of its own: unit files, networks, volumes", async (t) => {
  const net = [{ name: "app-net", unit: "app-net-network.service" }];
  const view = stack(
    [
      dead("web.service", { missingNetworks: net }),
      dead("api.service", { missingNetworks: net }),
      well("db.service", { missingVolumes: [{ name: "data", unit: undefined }] }),
    ],
    { missingUnitFiles: ["web.container"] },
  );
  const story = film(() => view, minute);
  t.match(story.seen.slice(0, 2), [
    { atMs: 0, action: { kind: "restore-unit-files", files: ["web.container"], because: "web.container is missing" } },
    {
      atMs: 0,
      action: { kind: "recreate-network", network: "app-net", unit: "app-net-network.service", services: ["web.service", "api.service"] },
    },
  ]);
  t.same(
    story.seen.filter(({ action }) => action.kind === "recreate-network").map(({ atMs }) => atMs),
    [0, 10_000, 30_000],
  );
  t.same(moves(story), [], "a service without its network is not started in vain");
  t.notOk(kinds(story).includes("recreate-volume"), "a volume cannot vanish under a running container");
  t.match(film(() => stack([dead("db.service", { missingVolumes: [{ name: "data", unit: undefined }] })]), 0).seen[0], {
    action: { kind: "recreate-volume", services: ["db.service"] },
  });
  t.same(
    kinds(film(() => stack([service("web.service", { unit: unit("web.service", { loadState: "not-found" }), sick: true })]), minute)),
    [],
    "what could not be started again is not killed",
  );
});

t.test("in probation a breaker on what the generation changed rolls back, once; later or elsewhere it does not", async (t) => {
  const view =
    (changed: boolean, inProbation: boolean, more: Partial<ServiceView> = {}) =>
    () =>
      stack([dead("web.service", { changed, ...more }), sick("other.service", { policy: rich })], { inProbation });
  const first = film(view(true, true), 60 * minute);
  const rollbacks = first.seen.filter(({ action }) => action.kind === "rollback");
  t.equal(rollbacks.length, 1);
  t.match(rollbacks[0]?.action, { service: "web.service", because: /^web.service, changed by this generation: 5 restarts in/ });
  t.same(
    first.seen.filter(({ atMs }) => atMs === rollbacks[0]?.atMs).map(({ action }) => action.kind),
    ["open-breaker", "rollback"],
  );
  for (const other of [view(false, true), view(true, false), view(true, true, { policy: policy({ rollback: false }) })])
    t.notOk(kinds(film(other, 60 * minute)).includes("rollback"));
  const next = decideHealing({ ...view(true, true)(), generation: 2 }, first.state, 61 * minute, half);
  t.notOk(next.state.hasRolledBack, "a new generation starts afresh");
  t.equal(next.state.services.get("web.service")?.attempts, 0);
});

t.test("a circle of dependencies is healed all the same", async (t) => {
  const story = film(() => stack([dead("a.service", { after: ["b.service"] }), dead("b.service", { after: ["a.service"] })]), 2000);
  t.same(new Set(moves(story).map(({ action }) => "service" in action && action.service)), new Set(["a.service", "b.service"]));
});

t.test("the next look is told", async (t) => {
  t.equal(decideHealing(stack([well("web.service")]), initialHealState(1, [], 0), 0, half).nextLookMs, Number.POSITIVE_INFINITY);
  t.equal(decideHealing(stack([dead("web.service")]), initialHealState(1, [], 0), 5000, half).nextLookMs, 6000);
});

const conditions = fc.constantFrom<Condition>(
  { unit: unit("x") },
  { unit: unit("x"), sick: true },
  { unit: unit("x", failed) },
  { unit: unit("x", stopped) },
  { unit: unit("x", idle) },
  { unit: unit("x", autoRestart) },
);
const names = ["a.service", "b.service", "c.service", "d.service"];
/** Each service may need those before it. */
const graphs = fc.tuple(...names.map((_, index) => fc.subarray(names.slice(0, index))));
const frames = fc.array(fc.tuple(fc.tuple(...names.map(() => conditions)), fc.integer({ min: 1, max: 120_000 })), {
  minLength: 1,
  maxLength: 40,
});

/** Plays random conditions and hands each decision with its view to a judge. */
function playRandom(
  graph: readonly (readonly string[])[],
  script: readonly (readonly [readonly Condition[], number])[],
  judge: (view: StackView, actions: readonly HealAction[], atMs: number) => boolean,
): boolean {
  let state = initialHealState(1, [], 0);
  let atMs = 0;
  for (const [row, stepMs] of script) {
    atMs += stepMs;
    const services = names.map((name, index) => {
      const condition = row[index] ?? { unit: unit(name) };
      return service(name, { ...condition, unit: { ...condition.unit, service: name } }, { after: graph[index] ?? [] });
    });
    const view = stack(services);
    const healing = decideHealing(view, state, atMs, half);
    state = healing.state;
    if (!judge(view, healing.actions, atMs)) return false;
  }
  return true;
}

t.test("property: no action on a service whose dependency is down", async (t) => {
  holds(
    t,
    fc.property(graphs, frames, (graph, script) =>
      playRandom(graph, script, (view, actions) => {
        const isDown = (name: string) => {
          const found = view.services.find((one) => one.service === name);
          return found?.health.outcome === "unhealthy" || found?.health.outcome === "failed" || found?.health.outcome === "starting";
        };
        return actions.every(
          (action) => !("service" in action) || action.kind === "close-breaker" || !graph[names.indexOf(action.service)]?.some(isDown),
        );
      }),
    ),
  );
});

t.test("property: never more restarts in a window than the budget", async (t) => {
  holds(
    t,
    fc.property(frames, (script) => {
      const log = new Map<string, number[]>();
      return playRandom([], script, (_view, actions, atMs) => {
        for (const action of actions)
          if (action.kind === "restart" || action.kind === "start") log.set(action.service, [...(log.get(action.service) ?? []), atMs]);
        return [...log.values()].every((times) => times.filter((one) => one > atMs - 600_000).length <= 5);
      });
    }),
  );
});

t.test("property: at most one touch per service and look, and none of a healthy one", async (t) => {
  holds(
    t,
    fc.property(graphs, frames, (graph, script) =>
      playRandom(graph, script, (view, actions) => {
        const touched = actions.flatMap((action) => (action.kind === "restart" || action.kind === "start" ? [action.service] : []));
        const healthy = new Set(view.services.filter(({ health }) => health.outcome === "healthy").map((one) => one.service));
        return new Set(touched).size === touched.length && !touched.some((name) => healthy.has(name));
      }),
    ),
  );
});
