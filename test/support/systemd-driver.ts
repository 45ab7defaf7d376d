/**
 * The program that test/system/systemd-adapter.test.ts bundles and runs inside the sandbox: `node driver.mjs SCENARIO [ARG...]` plays one
 * scenario with the real adapters and prints what came of it as JSON. `agent` stays, as phoenix.service would.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { agentJournal } from "../../src/adapters/journal/agentJournal.ts";
import { journalThroughLogger } from "../../src/adapters/journal/throughLogger.ts";
import { agentRuns, askAgent, askReconcile, followAgent } from "../../src/adapters/systemd/agentClient.ts";
import { exportAgent } from "../../src/adapters/systemd/agentObject.ts";
import { type Bus, openBus } from "../../src/adapters/systemd/bus.ts";
import { takeName } from "../../src/adapters/systemd/busName.ts";
import { busLane } from "../../src/adapters/systemd/lane.ts";
import { callManager } from "../../src/adapters/systemd/manager.ts";
import { serviceNotifier } from "../../src/adapters/systemd/notify.ts";
import { takeServiceEnvironment } from "../../src/adapters/systemd/serviceEnvironment.ts";
import { transientRunner } from "../../src/adapters/systemd/transient.ts";
import { systemdUnits } from "../../src/adapters/systemd/units.ts";
import { PhoenixError } from "../../src/domain/errors.ts";
import type { UnitChange } from "../../src/ports/machine.ts";

const service = takeServiceEnvironment();
const run = promisify(execFile);
const shell = async (script: string): Promise<string> => (await run("sh", ["-c", script])).stdout.trim();
const systemctl = (...words: readonly string[]): Promise<string> => shell(`systemctl --user ${words.join(" ")}`);

/** What a promise came to, as data. */
async function outcome(work: Promise<unknown>): Promise<unknown> {
  const startedAt = performance.now();
  const value = await work.catch((error: unknown) =>
    error instanceof PhoenixError ? { code: error.code, message: error.message, exit: error.exit } : { error: String(error) },
  );
  return { value: value ?? null, tookMs: Math.round(performance.now() - startedAt) };
}

async function until<T>(ask: () => Promise<T | undefined>, deadlineMs = 5_000): Promise<T> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const found = await ask().catch(() => undefined);
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`not within ${deadlineMs} ms: ${ask}`);
    await sleep(20);
  }
}

type Scenario = (bus: Bus, ...args: readonly string[]) => Promise<unknown>;

const scenarios: Readonly<Record<string, Scenario>> = {
  async jobs(bus) {
    const units = systemdUnits(bus);
    const started = await units.job("start", "good.service", 5_000);
    const [first] = await units.list(["good.service"]);
    const restarted = await units.job("restart", "good.service", 5_000);
    const [second] = await units.list(["good.service"]);
    const quick = await Promise.all(Array.from({ length: 50 }, () => units.job("restart", "quick.service", 10_000)));
    const inRow: string[] = [];
    for (let round = 0; round < 50; round += 1) inRow.push(await units.job(round % 2 === 0 ? "start" : "stop", "good2.service", 10_000));
    const slow = await outcome(units.job("start", "slow.service", 300));
    await units.job("stop", "slow.service", 5_000);
    const limited: string[] = [];
    for (let round = 0; round < 8; round += 1) limited.push(await units.job("start", "bad.service", 5_000));
    const killed = units
      .kill("good.service")
      .then(() => until(async () => ((await units.list(["good.service"]))[0]?.activeState === "failed" ? true : undefined)));
    return {
      started,
      restarted,
      newInvocation: first?.invocation !== second?.invocation,
      failed: await units.job("start", "bad.service", 5_000),
      quick: [...new Set(quick)],
      inRow: [...new Set(inRow)],
      slow,
      limited: [...new Set(limited)],
      killed: await killed,
      killedNothing: await outcome(units.kill("nobody.service")),
      stopNothing: await units.job("stop", "nobody.service", 5_000),
      startNothing: await outcome(units.job("start", "nobody.service", 5_000)),
      states: await units.list(["good.service", "bad.service", "nobody.service", "not a unit", "basic.target"]),
      environment: Object.keys(await units.environment()),
    };
  },

  /** A job is waited for while the manager is re-executed, and while the bus is killed, under it. */
  async upheaval(bus) {
    const units = systemdUnits(bus);
    const changes: UnitChange[] = [];
    await units.watch((change) => changes.push(change));
    const kinds = () => changes.splice(0).map((change) => (change.kind === "relist" ? "relist" : `${change.kind}:${change.service}`));
    const duringReexec = units.job("start", "slow.service", 10_000);
    await sleep(200);
    await systemctl("daemon-reexec");
    const reexec = await outcome(duringReexec);
    const afterReexec = kinds();
    await units.job("restart", "good.service", 5_000);
    await until(async () => changes.some((change) => change.kind === "job" && change.own) || undefined);
    const heardAfterReexec = kinds();
    await units.job("stop", "slow.service", 5_000);

    const duringKill = units.job("start", "slow.service", 10_000);
    await sleep(200);
    kinds();
    await systemctl("kill --signal=STOP dbus.service");
    const late = outcome(callManager(bus, "ListJobs", [], 200));
    const hanging = outcome(callManager(bus, "ListJobs", [], 30_000));
    await sleep(300);
    await systemctl("kill --signal=KILL dbus.service");
    const kill = await outcome(duringKill);
    await until(async () => changes.some((change) => change.kind === "relist") || undefined);
    const listed = await outcome(units.list(["slow.service"]).then(([state]) => state?.activeState));
    await until(() => units.job("restart", "good.service", 5_000));
    await until(async () => changes.some((change) => change.kind === "job" && change.own) || undefined);
    return { reexec, afterReexec, heardAfterReexec, late: await late, hanging: await hanging, kill, listed, heardAfterKill: kinds() };
  },

  async watch(bus) {
    const units = systemdUnits(bus);
    const changes: UnitChange[] = [];
    await units.watch((change) => changes.push(change));
    const heard: Record<string, readonly UnitChange[]> = {};
    const step = async (name: string, work: () => Promise<unknown>): Promise<void> => {
      await sleep(100);
      changes.length = 0;
      await work();
      await sleep(400);
      heard[name] = [...changes];
    };
    await systemctl("start good.service leaf.service");
    await step("personStops", () => systemctl("stop good.service"));
    await step("personStarts", () => systemctl("start good.service"));
    await step("personRestarts", () => systemctl("restart good.service"));
    await step("crash", () => systemctl("kill --signal=KILL good.service"));
    await step("ownRestart", () => units.job("restart", "good.service", 5_000));
    await step("ownStop", () => units.job("stop", "good.service", 5_000));
    await step("ownStopBringsAlong", () => units.job("stop", "root.service", 5_000));
    await step("reload", () => systemctl("daemon-reload"));
    await systemctl("start loop.service || :");
    await step("personStopsACrashLoop", () => systemctl("stop loop.service"));
    return heard;
  },

  /** Told on stdin when the user manager has come back. */
  async ending(bus) {
    const changes: UnitChange[] = [];
    const units = systemdUnits(bus);
    await units.watch((change) => changes.push(change));
    changes.length = 0;
    process.stdout.write("watching\n");
    await once(process.stdin.resume(), "end");
    await until(async () => changes.some((change) => change.kind === "relist") || undefined, 10_000);
    return { changes, after: await units.list(["ordered.service"]) };
  },

  async lane(bus) {
    const lane = busLane(bus);
    const other = await childHolding("7up-web");
    const holder = await lane.holder("7up-web");
    const refused = await outcome(lane.hold("7up-web", 300, async () => "never"));
    const free = await outcome(lane.hold("web", 0, async () => "done"));
    const waiting = outcome(lane.hold("7up-web", 10_000, async () => "mine"));
    await sleep(300);
    const killedAt = performance.now();
    other.kill("SIGKILL");
    const afterKill = await waiting;
    const tookOverMs = performance.now() - killedAt;
    const thrown = await outcome(lane.hold("web", 0, () => Promise.reject(new Error("broken work"))));
    const again = await outcome(lane.hold("web", 0, async () => "free again"));
    const queue = await Promise.all(Array.from({ length: 5 }, () => outcome(lane.hold("busy", 5_000, () => sleep(50, "turn")))));
    return {
      pid: other.pid,
      holder,
      refused,
      free,
      afterKill,
      tookOverMs,
      thrown,
      again,
      queue,
      nobody: (await lane.holder("web")) ?? null,
    };
  },

  /** The bus dies while a lane is held: it is taken again before anybody else can. */
  async laneUpheaval(bus) {
    const lane = busLane(bus);
    return await lane.hold("web", 0, async (lost) => {
      await systemctl("kill --signal=KILL dbus.service");
      const holder = await until(() => lane.holder("web"));
      return { lost: lost.aborted, ours: holder.pid === process.pid };
    });
  },

  async hold(bus, stack = "") {
    await busLane(bus).hold(stack, 0, async () => {
      process.stdout.write("held\n");
      await once(process.stdin.resume(), "end");
    });
    return "released";
  },

  async reload(bus) {
    const units = systemdUnits(bus);
    const turn = await takeName(bus.socketPath, "io.phoenix.Reload", 0);
    const waited = outcome(units.reload());
    await sleep(400);
    await turn?.release();
    return { waited: await waited, many: await Promise.all(Array.from({ length: 4 }, () => outcome(units.reload()))) };
  },

  async transient(bus, outputPath = "") {
    const transient = transientRunner(bus);
    const work = { description: "A test", timeoutMs: 20_000 } as const;
    const script = "echo $HOME-$1-$FOO; echo err >&2; pwd; cat /proc/self/cgroup; exit 7";
    const first = await transient({
      ...work,
      name: "t-first.service",
      argv: ["sh", "-c", script, "sh", "$FOO %n \"'"],
      environment: { FOO: "b a r" },
      workingFolderPath: "/tmp",
      outputPath,
    });
    const abort = new AbortController();
    const aborted = transient({ ...work, name: "t-abort.service", argv: ["/bin/sleep", "30"], signal: abort.signal });
    await sleep(300);
    abort.abort();
    const slow = transient({ ...work, name: "t-slow.service", argv: ["/bin/sleep", "30"], timeoutMs: 500 });
    // Taken over by whoever starts the same work again.
    await systemctl("reset-failed; systemd-run --user --unit=t-again.service sleep 60");
    return {
      first,
      output: await shell(`cat ${outputPath}`),
      aborted: await aborted,
      slow: await slow,
      again: await transient({ ...work, name: "t-again.service", argv: ["true"] }),
      missing: await outcome(transient({ ...work, name: "t-missing.service", argv: ["/nonexistent"] })),
      left: await systemctl("list-units --all --no-legend 't-*'"),
    };
  },

  async ask(bus) {
    const events: unknown[] = [];
    await followAgent(bus, (signal, values) => events.push([signal, ...values]));
    const status = await outcome(askAgent(bus));
    const runs = await agentRuns(bus);
    const reconciled = await askReconcile(bus);
    await sleep(200);
    return { status, runs, reconciled, events };
  },

  async logger() {
    return await journalThroughLogger("web", { event: "restarted", service: "web.service", because: "it hung\n<evil>", attempt: 2 });
  },
};

async function childHolding(stack: string): Promise<ReturnType<typeof spawn>> {
  const child = spawn(process.execPath, [process.argv[1] ?? "", "hold", stack], { stdio: ["pipe", "pipe", "inherit"] });
  await once(child.stdout, "data");
  return child;
}

/** As phoenix.service would run it: Type=notify, WatchdogSec=, OpenFile=. */
async function agent(): Promise<void> {
  const bus = openBus({ mode: "persistent" });
  const journal = agentJournal(service);
  const notifier = serviceNotifier(service);
  const inherited = await shell("env");
  const exported = await exportAgent(bus, {
    version: "1.2.3",
    status: async () => ({ stacks: ["web"], inherited: inherited.split("\n").map((line) => line.split("=")[0]) }),
    reconcile: async () => {
      exported.emitEvent("web", "healthy", { service: "web.service" });
      exported.emitStatus("web", { healthy: true });
    },
  });
  journal.event("web", { event: "unhealthy", service: "web.service", because: "it says\nnothing" });
  journal.event("web", { event: "pending", generation: 8, from: 7, verb: "deploy" });
  journal.say(6, "x".repeat(100_000));
  journal.say(7, "details");
  await journal.flush();
  await notifier.ready("watching 1 stack");
  const beat = setInterval(() => void notifier.watchdog(), (service.watchdogMs ?? 10_000) / 3);
  process.once("SIGTERM", async () => {
    clearInterval(beat);
    await notifier.stopping("going");
    await exported.close();
    bus.close();
  });
}

const persistent: ReadonlySet<string> = new Set(["upheaval", "watch", "ending"]);
const [, , name = "", ...args] = process.argv;
if (name === "agent") await agent();
else {
  const scenario = scenarios[name];
  if (scenario === undefined) throw new Error(`no scenario ${name}`);
  const bus = openBus({ mode: persistent.has(name) ? "persistent" : "lazy" });
  const result = await outcome(scenario(bus, ...args));
  bus.close();
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
