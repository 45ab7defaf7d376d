import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { agentJournal } from "../adapters/journal/agentJournal.ts";
import { cronSchedule } from "../adapters/schedule/cron.ts";
import { exportAgent } from "../adapters/systemd/agentObject.ts";
import { openBus } from "../adapters/systemd/bus.ts";
import { serviceNotifier } from "../adapters/systemd/notify.ts";
import { takeServiceEnvironment } from "../adapters/systemd/serviceEnvironment.ts";
import { heartbeat } from "../agent/heartbeat.ts";
import { openInbox } from "../agent/inbox.ts";
import { runLoop } from "../agent/loop.ts";
import type { AgentMemory } from "../agent/memory.ts";
import { agentStatus, gistOf, sayServices, statusOfStack } from "../agent/status.ts";
import type { Observation } from "../agent/telemetry/samples.ts";
import { startWorkers } from "../agent/workers.ts";
import { type ExitCode, exits } from "../domain/exit.ts";
import type { Ms } from "../domain/words.ts";
import { levelled, loadConfig } from "./agentConfig.ts";
import { failpointOf } from "./failpoint.ts";
import { startHousework } from "./housework.ts";
import { connectPorts } from "./ports.ts";
import { telemetryRunner } from "./telemetry.ts";

const version = process.env["PHOENIX_VERSION"] ?? "0.0.0";
const longestSleepMs: Ms = 10_000;
/** A stop that takes longer than two seconds looks like a hang to whoever waits for it. */
const stopMs: Ms = 1_200;

/** Sixteen random bits are plenty for a jitter. */
const rng = (): number => randomInt(65_536) / 65_536;

/** The agent process: from what systemd gave it to the loop, and out again on SIGTERM. Containers are units of their own and go on. */
export async function runAgent(): Promise<ExitCode> {
  const service = takeServiceEnvironment();
  const plain = agentJournal(service);
  const notifier = serviceNotifier(service);
  const { journal, setLevel } = levelled(plain);
  const failed = (error: unknown): void => journal.say(4, `D-Bus: ${error instanceof Error ? error.message : String(error)}`);
  const bus = openBus({ mode: "persistent", failed });
  const ports = await connectPorts({
    bus,
    journal,
    by: `agent (${process.pid})`,
    recorded: (stack, line) => journal.event(stack, line),
    selfArgv: [process.execPath, fileURLToPath(import.meta.url)],
  });
  const inbox = openInbox();
  const reconcile = (): Promise<void> => new Promise((done) => inbox.put({ kind: "reconcile", done }));
  let memory: AgentMemory = new Map();
  const moment = () => ({ now: ports.clock.now(), nowMs: ports.clock.monotonic() });
  const telemetry = telemetryRunner(rng, ports);
  const status = async () => agentStatus(memory, { version, telemetry: telemetry.status() }, moment());
  const agent = await exportAgent(bus, { version, status, reconcile });

  const schedule = cronSchedule(journal);
  const housework = startHousework(schedule, reconcile, ports);
  let config = await loadConfig(schedule, journal);
  const apply = async (): Promise<void> => {
    config = await loadConfig(schedule, journal);
    setLevel(config.log);
    await telemetry.configure(config.telemetry);
    await housework.schedule(config.maintenanceSchedule);
  };
  setLevel(config.log);
  await telemetry.configure(config.telemetry);
  process.on("SIGHUP", () => void apply());

  const stopping = new AbortController();
  const stop = (): void => {
    void notifier.stopping("stopping; the containers go on");
    stopping.abort();
    inbox.put({ kind: "wake" });
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, stop);

  const beat = heartbeat(notifier.watchdog, service.watchdogMs, ports.clock.monotonic);
  const gists = new Map<string, string>();
  let isReady = false;
  const turned = (now: AgentMemory, isFresh: boolean): void => {
    memory = now;
    if (isFresh) beat();
    let isNews = false;
    for (const stack of now.values()) {
      const gist = gistOf(stack);
      if (gists.get(stack.stack) === gist) continue;
      isNews = true;
      gists.set(stack.stack, gist);
      agent.emitStatus(stack.stack, statusOfStack(stack, moment()));
    }
    if (!isReady && isFresh) {
      void notifier.ready(sayServices(now));
      void housework.schedule(config.maintenanceSchedule);
      isReady = true;
    } else if (isReady && isNews) void notifier.status(sayServices(now));
  };

  const workers = startWorkers(inbox, failpointOf(process.env), ports);
  const unwatch = await ports.units.watch((change) => inbox.put({ kind: "change", change, atMs: ports.clock.monotonic() }));
  const unread = ports.history.watch((stack) => inbox.put({ kind: "ledger", stack }));
  const options = {
    relistMs: () => config.relistMs,
    longestSleepMs: Math.min(longestSleepMs, (service.watchdogMs ?? longestSleepMs * 3) / 3),
    rng,
    stopping: stopping.signal,
    turned,
    recorded: (lines: Parameters<Parameters<typeof runLoop>[2]["recorded"]>[0]) => {
      for (const { stack, line } of lines) agent.emitEvent(stack, line.event, line);
      telemetry.recorded(lines);
    },
    observed: (observation: Observation) => telemetry.observed(observation, config.relistMs),
  };
  await runLoop(inbox, workers, options, ports);

  unwatch();
  unread();
  housework.stop();
  // A change that is cut off here is finished or undone by whoever comes next.
  await Promise.race([Promise.all([workers.idle(), telemetry.stop()]), sleep(stopMs)]);
  await Promise.all([ports.prober.close(), agent.close(), plain.flush()]);
  bus.close();
  setTimeout(() => process.exit(exits.done), 100).unref();
  return exits.done;
}
