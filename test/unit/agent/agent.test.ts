import t from "tap";
import { decideStack } from "../../../src/agent/decide.ts";
import { decideAll } from "../../../src/agent/deciding.ts";
import { dueProbes } from "../../../src/agent/due.ts";
import { sortNews } from "../../../src/agent/heard.ts";
import { heartbeat } from "../../../src/agent/heartbeat.ts";
import { openInbox } from "../../../src/agent/inbox.ts";
import { stacksToRead, unitsToLookAt } from "../../../src/agent/look.ts";
import type { StackMemory } from "../../../src/agent/memory.ts";
import { objectsDueMs, seeObjects } from "../../../src/agent/missing.ts";
import { originOf } from "../../../src/agent/origin.ts";
import { rememberStack, spreadOf } from "../../../src/agent/remember.ts";
import { type Seen, see, unitSeen } from "../../../src/agent/see.ts";
import { agentStatus, gistOf, sayServices, statusOfStack } from "../../../src/agent/status.ts";
import { judgeStops, seeStop } from "../../../src/agent/stops.ts";
import { finishTasks } from "../../../src/agent/taskMemory.ts";
import { troubleTeller } from "../../../src/agent/trouble.ts";
import { viewStack } from "../../../src/agent/view.ts";
import { nextDecision } from "../../../src/agent/wake.ts";
import type { UnitState } from "../../../src/domain/observed.ts";
import { all, autoRestart, failed, no, stopped, unit, unitProbe, yes } from "../health/given.ts";
import { back, generation, generationUnit, good, line, pending, stack } from "./given.ts";

const half = () => 0.5;
const memoryOf = (...stacks: readonly StackMemory[]) => new Map(stacks.map((one) => [one.stack, one]));
const look = (it: StackMemory, atMs: number, more: Partial<UnitState> = {}, service = "web.service"): Seen =>
  see(it, service, { kind: "unit", atMs, unit: unit(service, more) });
const answer = (it: StackMemory, atMs: number, result = yes, invocation = "a1"): Seen =>
  see(it, "web.service", { kind: "probe", atMs, invocation, roles: all, result });
const web = () => stack([generationUnit("web")]);
const healthyWeb = () => answer(look(web(), 0).stack, 10).stack;
const names = (seen: Pick<Seen, "events">) => seen.events.map(({ event }) => event);

t.test("an incident is one line when it begins and one when it is over", async (t) => {
  let it = healthyWeb();
  const told: string[] = [];
  for (const [atMs, result] of [
    [10_000, no],
    [20_000, no],
    [30_000, no],
    [40_000, no],
  ] as const) {
    const seen = answer(it, atMs, result);
    it = seen.stack;
    told.push(...names(seen));
  }
  t.same(told, ["unhealthy"], "three failures make one line, a fourth none");
  it = look(it, 41_000, { invocation: "b2" }).stack;
  const over = answer(it, 42_000, yes, "b2");
  t.match(over.events, [{ event: "healthy", service: "web.service", because: "HTTP 200", tookMs: 12_000 }]);
  t.same(names(answer(over.stack, 52_000, yes, "b2")), []);
});

t.test("a crash that systemd repairs is told, even when it happened between two looks", async (t) => {
  t.match(look(healthyWeb(), 20, autoRestart).events, [{ event: "unhealthy", because: "exit 1; systemd restarts it" }]);
  const missed = look(healthyWeb(), 20, { restarts: 1, invocation: "b2" });
  t.match(missed.events, [{ event: "unhealthy", because: "it exited, and systemd restarted it" }]);
});

t.test("a slow start, a change and what a person stopped are no incidents", async (t) => {
  const starting = look(web(), 0).stack;
  t.same(names(answer(starting, 5000, no)), []);
  const changing = { ...healthyWeb(), ledger: { ...healthyWeb().ledger, pending: { generation: 2, from: 1, verb: "deploy", at: 0 } } };
  t.same(names(look(changing, 20, failed)), []);
  const byHand = { ...healthyWeb(), ledger: { ...healthyWeb().ledger, stoppedByHand: new Set(["web.service"]) } };
  t.same(names(look(byHand, 20, failed)), []);
  t.same(names(look(byHand, 20, { invocation: "b2" })), ["startedByHand"]);
});

t.test("while healing stops and starts things only ends are told; what stays is told afterwards", async (t) => {
  const healing = look({ ...healthyWeb(), task: "heal" }, 20, failed);
  t.same(names(healing), []);
  const after = decideStack({ ...healing.stack, task: undefined }, memoryOf(healing.stack), 30, half);
  t.same(names(after), ["unhealthy"]);
});

t.test("systemd's word alone ends an incident only after a while", async (t) => {
  const probeless = { startup: unitProbe, readiness: unitProbe, liveness: unitProbe };
  const it = look(stack([generationUnit("web", {}, probeless)]), 0).stack;
  const crashed = look(it, 100, autoRestart);
  t.same(names(crashed), ["unhealthy"]);
  const up = look(crashed.stack, 300, { restarts: 1, invocation: "b2" });
  t.same(names(up), []);
  const decided = decideStack(up.stack, memoryOf(up.stack), 300, half);
  t.equal(decided.stack.nextDecisionMs, 10_300, "and the loop wakes for it");
  t.match(decideStack(decided.stack, memoryOf(up.stack), 10_300, half).events, [{ event: "healthy", tookMs: 200 }]);
});

t.test("the first look tells how long a service has run, later ones do not", async (t) => {
  const at = { now: 100_000, nowMs: 5 };
  const running = unit("web.service", { activeSince: 40_000 });
  t.match(unitSeen(web().services.get("web.service"), running, at), { ageMs: 60_000, atMs: 5 });
  t.notOk("ageMs" in unitSeen(healthyWeb().services.get("web.service"), running, at));
  t.match(unitSeen(web().services.get("web.service"), unit("web.service", { activeSince: 200_000 }), at), { ageMs: 0 }, "a clock set back");
});

t.test("a stop job of somebody else means stopped by hand, a second later and only if it stayed", async (t) => {
  const judge = (it: StackMemory, nowMs: number, isTargetStopping = false) =>
    judgeStops(it, { all: memoryOf(it), isTargetStopping, nowMs });
  const down = seeStop(look(healthyWeb(), 100, stopped).stack, "web.service", 100);
  t.equal(viewStack(down, memoryOf(down), 200).services[0]?.stoppedByHand, true, "respected until it is judged");
  t.same(names(judge(down, 500)), []);
  t.match(judge(down, 1100).events, [{ event: "stoppedByHand", service: "web.service" }]);
  t.same(names(judge(judge(down, 1100).stack, 1200)), [], "once");
  t.same(names(judge(down, 1100, true)), [], "not when the target stops");
  const restarted = look(down, 600, { invocation: "b2" }).stack;
  t.same(names(judge(restarted, 1100)), [], "not when it runs again");
  const deploying = { ...healthyWeb(), ledger: { ...healthyWeb().ledger, pending: { generation: 2, from: 1, verb: "deploy", at: 0 } } };
  const ours = seeStop(deploying, "web.service", 100);
  t.same(names(judge({ ...ours, ledger: healthyWeb().ledger }, 1100)), [], "not when it was part of a change");
  const echo = seeStop({ ...healthyWeb(), foreignChangeMs: 50 }, "web.service", 100);
  t.same(names(judge(echo, 1100)), [], "nor right after one");
});

t.test("how a generation became current decides about its probation", async (t) => {
  const at = { now: 1_000_000, nowMs: 50_000 };
  t.same(originOf([pending(1, 0), good(1), pending(2, 1), good(2, 900_000)], at), { from: 1, isGood: true, sinceMs: -50_000 });
  t.same(originOf([pending(1, 0), good(1), pending(2, 1), back(2, 1, 900_000)], at), { from: 2, isGood: false, sinceMs: -50_000 });
  t.equal(originOf([pending(1, 0), good(1, 2_000_000)], at).sinceMs, 50_000, "not from the future");
  t.same(originOf([], at), { from: 0, isGood: false, sinceMs: 50_000 });
  const second = stack([generationUnit("web")], [pending(5, 0), good(5), pending(1, 5), good(1)]);
  t.equal(viewStack(second, memoryOf(second), 1000).inProbation, true);
  t.equal(viewStack(second, memoryOf(second), 600_001).inProbation, false);
  t.equal(viewStack(web(), memoryOf(web()), 1000).inProbation, false, "there is nothing to go back to");
});

t.test("a new generation keeps what is known of services that stay, and knows which it changed", async (t) => {
  const before = healthyWeb();
  const reading = {
    generation: generation([generationUnit("web"), generationUnit("db", { digest: "new" }), generationUnit("net", { type: "network" })], 2),
    previous: generation([generationUnit("web"), generationUnit("db")]),
    lines: [pending(1, 0), good(1), pending(2, 1), good(2)],
    missingUnitFiles: ["db.container"],
    oneshots: new Set<string>(),
    now: 1000,
    nowMs: 1000,
  };
  const it = rememberStack(before, reading);
  t.same([...it.services.keys()], ["web.service", "db.service"]);
  t.equal(it.services.get("web.service")?.health.outcome, "healthy");
  t.equal(it.services.get("web.service")?.changed, false);
  t.equal(it.services.get("db.service")?.changed, true);
  t.equal(it.healing.generation, 2);
  t.same(it.missing.unitFiles, ["db.container"]);
  const again = rememberStack(it, { ...reading, previous: undefined, missingUnitFiles: [] });
  t.equal(again.services.get("db.service")?.changed, true, "a second reading forgets nothing");
});

t.test("an open breaker is remembered over a restart of the agent", async (t) => {
  const opened = line({ event: "breakerOpened", service: "web.service", because: "5 restarts", retryMs: 600_000 });
  const it = stack([generationUnit("web")], [pending(1, 0), good(1), opened]);
  t.match(it.healing.services.get("web.service"), { stance: "given-up", breaker: { state: "open" } });
});

t.test("probes are asked when they are due, one at a time a service, and no burst follows a long sleep", async (t) => {
  const up = look(web(), 0).stack;
  const memory = memoryOf(up);
  const spread = spreadOf("web.service");
  t.ok(spread >= 0 && spread < 1);
  t.not(spreadOf("db.service"), spread);
  const first = dueProbes(memory, new Set(), 0);
  t.equal(first.asks.length, 0, "spread over its period");
  t.equal(dueProbes(memory, new Set(), first.nextMs).asks.length, 1);
  t.equal(dueProbes(memory, new Set(["web.service"]), first.nextMs).asks.length, 0, "it is being asked");
  t.equal(dueProbes(memory, new Set(), 3_600_000).asks.length, 1, "after an hour asleep");
  t.match(dueProbes(memory, new Set(), 3_600_000).asks[0], {
    service: "web.service",
    invocation: "a1",
    roles: ["startup", "readiness", "liveness"],
  });
});

t.test("only what one of our units makes can be missing, and only for a service that does not just start", async (t) => {
  const net = generationUnit("app", { type: "network", service: "app-network.service", object: "app" });
  const it = look(stack([generationUnit("web", { networks: ["app", "theirs"], volumes: ["data"] }), net]), 0).stack;
  const seen = seeObjects(it, { networks: new Set(["podman"]), volumes: new Set() }, memoryOf(it));
  t.match(seen.missing, { networks: ["app"], volumes: [] });
  t.match(viewStack(seen, memoryOf(seen), 0).services[0]?.missingNetworks, [{ name: "app", unit: "app-network.service" }]);
  const starting = look(seen, 10, { activeState: "activating", subState: "start" }).stack;
  t.same(viewStack(starting, memoryOf(starting), 10).services[0]?.missingNetworks, []);
});

t.test("networks and volumes are listed seldom in calm, and soon after trouble began", async (t) => {
  const calm = memoryOf(healthyWeb());
  t.equal(objectsDueMs(calm, undefined), Number.NEGATIVE_INFINITY);
  t.equal(objectsDueMs(calm, 1000), 301_000);
  const trouble = memoryOf(look(healthyWeb(), 5000, autoRestart).stack);
  t.equal(objectsDueMs(trouble, 1000), 5300);
  t.equal(objectsDueMs(trouble, 5300), 20_300);
});

t.test("an unfinished change is recovered once nobody holds the lane, and later again if that fails", async (t) => {
  const open = stack([generationUnit("web")], [pending(1, 0), good(1), pending(2, 1)]);
  const held = { ...open, holder: "process 7 (phoenix deploy)" };
  t.same(decideAll(memoryOf(held), 0, half).tasks, []);
  const decided = decideAll(memoryOf(open), 0, half);
  t.same(decided.tasks, [{ kind: "recover", stack: "demo" }]);
  t.same(decideAll(decided.memory, 0, half).tasks, [], "one at a time");
  const failedOnce = finishTasks(decided.memory, [{ kind: "task-done", stack: "demo", task: "recover", failed: true }], 100);
  t.same(decideAll(failedOnce, 100, half).tasks, []);
  t.same(decideAll(failedOnce, 10_100, half).tasks, [{ kind: "recover", stack: "demo" }]);
});

t.test("what healing decides becomes one task under the lane, and breakers become events", async (t) => {
  let it = healthyWeb();
  for (const atMs of [10_000, 20_000, 30_000]) it = answer(it, atMs, no).stack;
  const { tasks, memory } = decideAll(memoryOf(it), 30_000, half);
  t.match(tasks, [{ kind: "heal", stack: "demo", generation: 1, actions: [{ kind: "restart", service: "web.service" }] }]);
  t.same(decideAll(memory, 31_000, half).tasks, [], "it is at it");
  const spent = stack([generationUnit("web", {}, { restartBudget: { restarts: 1, windowMs: 600_000 } })]);
  let looping = look(spent, 0).stack;
  looping = decideStack(looping, memoryOf(looping), 0, half).stack;
  looping = look(looping, 100, { ...autoRestart, restarts: 2 }).stack;
  t.match(decideStack(looping, memoryOf(looping), 100, half).events, [{ event: "breakerOpened", service: "web.service" }]);
});

t.test("a service that ended by itself is noted once", async (t) => {
  const ended = look(healthyWeb(), 100, stopped).stack;
  const first = decideStack(ended, memoryOf(ended), 100, half);
  t.match(first.notes, [{ priority: 5, service: "web.service", message: /left alone: it ended: exit 0/ }]);
  t.same(decideStack(first.stack, memoryOf(ended), 200, half).notes, []);
});

t.test("news is sorted by what has to be done about it", async (t) => {
  const stop = { kind: "job", service: "web.service", jobType: "stop", result: "done" } as const;
  const heard = sortNews([
    { kind: "change", atMs: 1, change: { ...stop, own: false } },
    { kind: "change", atMs: 2, change: { ...stop, service: "ours.service", own: true } },
    { kind: "change", atMs: 3, change: { kind: "unit", service: "db.service" } },
    { kind: "ledger", stack: "demo" },
    { kind: "wake" },
  ]);
  t.same(heard.stops, [{ service: "web.service", atMs: 1 }]);
  t.same([...heard.units], ["web.service", "ours.service", "db.service"]);
  t.same([...heard.ledgers], ["demo"]);
  t.equal(heard.relist, false);
  t.equal(sortNews([{ kind: "change", atMs: 1, change: { kind: "relist" } }]).relist, true);
  t.equal(sortNews([{ kind: "reconcile", done: () => {} }]).relist, true);
});

t.test("the inbox wakes whoever sleeps on it, and hands out everything once", async (t) => {
  const inbox = openInbox();
  const sleeping = inbox.signal();
  t.equal(sleeping.aborted, false);
  inbox.put({ kind: "wake" });
  inbox.put({ kind: "ledger", stack: "demo" });
  t.equal(sleeping.aborted, true);
  t.equal(inbox.take().length, 2);
  t.equal(inbox.signal().aborted, false);
  t.same(inbox.take(), []);
});

t.test("the watchdog is fed by turns of the loop, three times in its time", async (t) => {
  let nowMs = 0;
  let fed = 0;
  const beat = heartbeat(
    async () => {
      fed += 1;
    },
    60_000,
    () => nowMs,
  );
  for (nowMs = 0; nowMs < 60_000; nowMs += 1000) beat();
  t.equal(fed, 3, "at 0, 20 and 40 s");
  let none = 0;
  const unwatched = heartbeat(
    async () => {
      none += 1;
    },
    undefined,
    () => 0,
  );
  unwatched();
  t.equal(none, 0, "no watchdog, nothing to feed");
});

t.test("the status tells what is known, and its gist does not change with each answer", async (t) => {
  const it = healthyWeb();
  const at = { now: 1_000_000, nowMs: 1000 };
  const status = agentStatus(memoryOf(it), { version: "1.2.3", telemetry: { state: "off" } }, at);
  t.match(status, {
    version: "1.2.3",
    stacks: [{ stack: "demo", generation: 1, healthy: true, services: [{ health: "healthy", because: "HTTP 200" }] }],
  });
  const slower = answer(it, 20, { ...yes, detail: "HTTP 204" }).stack;
  t.equal(gistOf(slower), gistOf(it));
  t.not(gistOf(look(it, 20, failed).stack), gistOf(it));
  t.equal(sayServices(memoryOf(it)), "1 of 1 services healthy");
  const byHand = { ...look(it, 20, stopped).stack, ledger: { ...it.ledger, stoppedByHand: new Set(["web.service"]) } };
  t.match(statusOfStack(byHand, at), { healthy: true, services: [{ because: "stopped by hand" }] });
});

t.test("a stack that is being healed wakes nobody, one that somebody else changes is looked at every second", async (t) => {
  const due = { ...healthyWeb(), nextDecisionMs: Number.NEGATIVE_INFINITY };
  t.equal(nextDecision(memoryOf(due), 5000), Number.NEGATIVE_INFINITY);
  t.equal(nextDecision(memoryOf({ ...due, task: "heal" }), 5000), Number.POSITIVE_INFINITY);
  const open = stack([generationUnit("web")], [pending(1, 0), good(1), pending(2, 1)]);
  t.equal(nextDecision(memoryOf(open), 5000), 5000);
});

t.test("trouble that comes with every turn is told once a minute", async (t) => {
  let nowMs = 0;
  const told: string[] = [];
  const tell = troubleTeller({ say: (_priority, message) => told.push(message) }, { monotonic: () => nowMs });
  for (nowMs = 0; nowMs < 120_000; nowMs += 2000) tell("Cannot look", new Error("the disk is full"));
  t.same(told, Array(2).fill("Cannot look: the disk is full"));
  tell("Cannot look", "otherwise");
  t.equal(told.length, 3);
});

t.test("a stop job is news of its stack's ledger too", async (t) => {
  const it = memoryOf(healthyWeb());
  const heard = sortNews([
    { kind: "change", atMs: 1, change: { kind: "job", service: "web.service", jobType: "stop", result: "done", own: false } },
  ]);
  t.same([...stacksToRead(it, heard, false, [])], ["demo"]);
  t.same([...stacksToRead(it, sortNews([]), true, ["new"])], ["demo", "new"]);
  t.same([...unitsToLookAt(it, sortNews([]), false)], []);
  t.same([...unitsToLookAt(it, heard, false)], ["web.service"]);
});
