import { build } from "esbuild";
import t from "tap";
import { messageIdOf } from "../../src/adapters/journal/entry.ts";
import { humanLine } from "../../src/adapters/journal/lines.ts";
import type { UnitState } from "../../src/domain/observed.ts";
import type { UnitChange } from "../../src/ports/machine.ts";
import { machine } from "../support/machine.ts";

t.setTimeout(180_000);
const m = await machine(t);

const bundled = await build({
  entryPoints: ["test/support/systemd-driver.ts"],
  write: false,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  logLevel: "warning",
  external: ["usocket", "x11"],
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
});
const driver = `${m.home}/driver.mjs`;
await m.writeFile("driver.mjs", bundled.outputFiles[0]?.text ?? "");

// The next user of the sandbox may get the same uid, and with it the journal of the one before.
const since = Math.floor(Date.now() / 1000);
const forever = "[Service]\nType=exec\nExecStart=/bin/sleep 1000\n";
const agentUnit = (access: string, more: string): string =>
  `[Service]\nType=notify\nNotifyAccess=${access}\nWatchdogSec=2\nExecStart=/usr/bin/node ${driver} agent\n${more}`;
const openFiles = `OpenFile=/run/user/${m.uid}/systemd/notify:notify:graceful\nOpenFile=/run/systemd/journal/socket:journal:graceful\n`;
const units: Readonly<Record<string, string>> = {
  "good.service": forever,
  "good2.service": forever,
  "root.service": forever,
  // Takes its time to stop, as a container does, and stops before the bus: its stop job is heard.
  "ordered.service": `[Unit]\nAfter=dbus.service\n${forever}ExecStop=/bin/sleep 0.3\n`,
  "leaf.service": `[Unit]\nRequires=root.service\nAfter=root.service\n${forever}`,
  "quick.service": "[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n",
  "bad.service": "[Service]\nType=oneshot\nExecStart=/bin/false\n",
  "slow.service": "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sleep 1.5\n",
  "loop.service": "[Service]\nExecStart=/bin/false\nRestart=always\nRestartSec=20\n",
  "phoenix.service": agentUnit("main", openFiles),
  "plain.service": agentUnit("all", ""),
};
for (const [name, text] of Object.entries(units)) await m.writeFile(`.config/systemd/user/${name}`, text);
await m.stdout("systemctl --user daemon-reload");

type Outcome<T> = { readonly value: T; readonly tookMs: number };
type Failure = { readonly code: string; readonly message: string; readonly exit: number };

/** tap puts its own loaders into every child's NODE_OPTIONS; inside the sandbox there are none. */
const node = ["env", "--unset=NODE_OPTIONS", "node"] as const;

/** Plays one of the driver's scenarios. */
async function play<T>(scenario: string, ...args: readonly string[]): Promise<T> {
  const result = await m.run([...node, driver, scenario, ...args]);
  if (result.exitCode !== 0) throw new Error(`${scenario}: exit ${result.exitCode}\n${result.stdout}${result.stderr}`);
  return (JSON.parse(result.stdout) as Outcome<T>).value;
}

t.test("a job is waited for until its own result", async (t) => {
  type Jobs = {
    readonly started: string;
    readonly restarted: string;
    readonly newInvocation: boolean;
    readonly failed: string;
    readonly quick: readonly string[];
    readonly inRow: readonly string[];
    readonly slow: Outcome<string>;
    readonly limited: readonly string[];
    readonly killed: boolean;
    readonly killedNothing: Outcome<null>;
    readonly stopNothing: string;
    readonly startNothing: Outcome<Failure>;
    readonly states: readonly UnitState[];
    readonly environment: readonly string[];
  };
  const jobs = await play<Jobs>("jobs");
  t.equal(jobs.started, "done");
  t.equal(jobs.restarted, "done");
  t.ok(jobs.newInvocation, "a restart is a new invocation");
  t.equal(jobs.failed, "failed");
  t.same(jobs.quick, ["done"], "50 callers whose restarts systemd merges");
  t.same(jobs.inRow, ["done"], "50 quick jobs whose JobRemoved comes before the answer");
  t.equal(jobs.slow.value, "timeout");
  t.ok(jobs.slow.tookMs < 1_000, "the deadline is the caller's");
  t.same(jobs.limited, ["failed"], "an earlier start limit refuses no start of ours");
  t.ok(jobs.killed, "every process of the unit is killed");
  t.equal(jobs.killedNothing.value, null);
  t.equal(jobs.stopNothing, "done");
  t.match(jobs.startNothing.value, { code: "unit-missing", exit: 4 });
  const [good, bad, nobody, noUnit, target] = jobs.states;
  t.match(good, { activeState: "failed", result: "signal", execMainStatus: 9, invocation: /^[0-9a-f]{32}$/ });
  t.match(good, { fragmentPath: `${m.home}/.config/systemd/user/good.service`, dropInPaths: [], restarts: 0 });
  t.ok(Math.abs((good?.activeSince ?? 0) - Date.now()) < 60_000, "times are ms since 1970");
  t.match(bad, { activeState: "failed", result: "exit-code", execMainStatus: 1 });
  t.match(nobody, { loadState: "not-found", activeState: "inactive", invocation: "" });
  t.match(noUnit, { service: "not a unit", loadState: "not-found" });
  t.match(target, { loadState: "loaded", activeState: "active", mainPid: 0 });
  t.ok(jobs.environment.includes("XDG_RUNTIME_DIR"), "the manager's own environment");
});

t.test("watching tells a person's stop from a crash and from our own jobs", async (t) => {
  const heard = await play<Readonly<Record<string, readonly UnitChange[]>>>("watch");
  const jobs = (step: string, service: string) =>
    (heard[step] ?? []).flatMap((change) =>
      change.kind === "job" && change.service === service ? [`${change.jobType} ${change.result}${change.own ? " own" : ""}`] : [],
    );
  t.same(jobs("personStops", "good.service"), ["stop done"]);
  t.same(jobs("personStarts", "good.service"), ["start done"]);
  t.match(jobs("personRestarts", "good.service"), [/^(re)?start done$/]);
  t.same(jobs("crash", "good.service"), [], "a crash has no job");
  t.ok(heard["crash"]?.some((change) => change.kind === "unit" && change.service === "good.service"));
  t.match(jobs("ownRestart", "good.service"), [/^(re)?start done own$/]);
  t.same(jobs("ownStop", "good.service"), ["stop done own"]);
  t.same(jobs("ownStopBringsAlong", "leaf.service"), ["stop done own"], "what our job stops along with it is ours too");
  t.same(heard["reload"], [{ kind: "relist" }], "a reload is one relist, not a change of every unit");
  t.same(jobs("personStopsACrashLoop", "loop.service"), ["stop done"]);
});

t.test("a re-executed manager and a killed bus lose no job and no later signal", async (t) => {
  type Upheaval = {
    readonly reexec: Outcome<string>;
    readonly heardAfterReexec: readonly string[];
    readonly late: Outcome<Failure>;
    readonly hanging: Outcome<Failure>;
    readonly kill: Outcome<string>;
    readonly listed: Outcome<string>;
    readonly heardAfterKill: readonly string[];
  };
  const upheaval = await play<Upheaval>("upheaval");
  t.equal(upheaval.reexec.value, "done");
  t.ok(upheaval.heardAfterReexec.includes("job:good.service"));
  t.match(upheaval.late.value, { code: "bus-timeout" });
  t.match(upheaval.hanging.value, { code: "bus-lost" }, "no call stays pending");
  t.equal(upheaval.kill.value, "done");
  t.equal(upheaval.listed.value, "active");
  t.ok(upheaval.heardAfterKill.includes("relist"), "everything is looked at again");
  t.ok(upheaval.heardAfterKill.includes("job:good.service"));
});

t.test("a user manager that ends stops nothing by hand", async (t) => {
  await m.stdout("systemctl --user start ordered.service");
  const script = `unset NODE_OPTIONS; mkfifo gate; node ${driver} ending <gate >ending.json & exec 3>gate; until grep -q watching ending.json; do sleep 0.05; done
touch watching; until [ -e back ]; do sleep 0.05; done; exec 3>&-; wait`;
  const played = m.shell(script);
  await m.waitFor("it watches", async () => (await m.run(["test", "-e", `${m.home}/watching`])).exitCode === 0, 10_000);
  await m.stdout(`systemctl restart user@${m.uid}.service; touch ${m.home}/back`, { root: true });
  t.equal((await played).exitCode, 0);
  const [, json = ""] = (await m.readFile("ending.json")).split("\n");
  const { changes, after } = (
    JSON.parse(json) as Outcome<{ readonly changes: readonly UnitChange[]; readonly after: readonly UnitState[] }>
  ).value;
  t.ok(
    changes.some((change) => change.kind === "unit" && change.service === "ordered.service"),
    "it was heard to stop",
  );
  t.same(
    changes.filter((change) => change.kind === "job" && change.jobType === "stop"),
    [],
  );
  t.match(after, [{ service: "ordered.service", activeState: "inactive" }], "the new manager is asked over the new bus");
});

t.test("a lane has one holder, who is named, and is free the moment it dies", async (t) => {
  type Lanes = {
    readonly pid: number;
    readonly holder: { readonly pid: number; readonly command: string };
    readonly refused: Outcome<Failure>;
    readonly free: Outcome<string>;
    readonly afterKill: Outcome<string>;
    readonly tookOverMs: number;
    readonly thrown: Outcome<{ readonly error: string }>;
    readonly again: Outcome<string>;
    readonly queue: readonly Outcome<string>[];
    readonly nobody: null;
  };
  const lane = await play<Lanes>("lane");
  t.same(lane.holder, { pid: lane.pid, command: "driver.mjs hold 7up-web" });
  t.match(lane.refused.value, { code: "lane-taken", exit: 5 });
  t.match(lane.refused.value.message, `process ${lane.pid} (driver.mjs hold 7up-web)`);
  t.ok(lane.refused.tookMs >= 300 && lane.refused.tookMs < 2_000, "it waited as long as it was told to");
  t.equal(lane.free.value, "done", "another stack's lane is another one");
  t.equal(lane.afterKill.value, "mine");
  t.ok(lane.tookOverMs < 1_000, `taken over ${lane.tookOverMs} ms after SIGKILL`);
  t.match(lane.thrown.value.error, /broken work/);
  t.equal(lane.again.value, "free again", "released whatever the work came to");
  t.same(
    lane.queue.map(({ value }) => value),
    ["turn", "turn", "turn", "turn", "turn"],
  );
  t.equal(lane.nobody, null);
  t.same(await play("laneUpheaval"), { lost: false, ours: true }, "a bus that dies under it takes nobody's lane away");
});

t.test("reloads wait for their turn over all processes", async (t) => {
  const reload = await play<{ readonly waited: Outcome<null>; readonly many: readonly Outcome<null>[] }>("reload");
  t.ok(reload.waited.tookMs >= 400, "somebody else's turn is waited for");
  t.same(
    [reload.waited, ...reload.many].map(({ value }) => value),
    [null, null, null, null, null],
  );
});

t.test("a transient unit runs what it was given, word for word, and reports its end", async (t) => {
  type Transient = Readonly<Record<"first" | "aborted" | "slow" | "again", { readonly exitCode: number; readonly result: string }>> & {
    readonly missing: Outcome<{ readonly exitCode: number }>;
    readonly output: string;
    readonly left: string;
  };
  const transient = await play<Transient>("transient", `${m.home}/out.txt`);
  t.same(transient.first, { exitCode: 7, result: "exit-code" });
  const [line, error, folder] = transient.output.split("\n");
  t.equal(line, `${m.home}-$FOO %n "'-b a r`, "no expansion of $ and %");
  t.equal(error, "err");
  t.equal(folder, "/tmp");
  t.match(transient.output, "app.slice/t-first.service", "not below its starter");
  t.match(transient.aborted, { result: "success" });
  t.match(transient.slow, { result: "timeout" });
  t.same(transient.again, { exitCode: 0, result: "success" }, "what a dead starter left is replaced");
  t.equal(transient.missing.value.exitCode, 203);
  t.equal(transient.left, "", "nothing is left behind");
});

t.test("the agent is an object on the bus, notifies systemd and journals with fields", async (t) => {
  await m.stdout("systemctl --user start phoenix.service");
  const introspection = await m.stdout("busctl --user introspect io.phoenix.Agent /io/phoenix/Agent io.phoenix.Agent1");
  for (const member of [".Ping", ".Reconcile", ".Status", ".StartedAt", ".Version", ".Event", ".StatusChanged"])
    t.match(introspection, member);
  t.equal(await m.stdout("busctl --user get-property io.phoenix.Agent /io/phoenix/Agent io.phoenix.Agent1 Version"), 's "1.2.3"');
  t.match(await m.stdout("busctl --user tree io.phoenix.Agent"), "/io/phoenix/Agent");

  type Asked = {
    readonly status: Outcome<{ readonly stacks: readonly string[]; readonly inherited: readonly string[] } | Failure | null>;
    readonly runs: boolean;
    readonly reconciled: boolean;
    readonly events: readonly unknown[];
  };
  const asked = await play<Asked>("ask");
  t.ok(asked.runs && asked.reconciled);
  t.match(asked.status.value, { stacks: ["web"] });
  t.same(asked.events, [
    ["Event", "web", "healthy", '{"service":"web.service"}'],
    ["StatusChanged", "web", '{"healthy":true}'],
  ]);
  const inherited = asked.status.value !== null && "inherited" in asked.status.value ? asked.status.value.inherited : [];
  t.ok(inherited.includes("HOME"));
  t.same(
    inherited.filter((name) => /^(LISTEN_|WATCHDOG_|NOTIFY_SOCKET|INVOCATION_ID|JOURNAL_STREAM)/.test(name)),
    [],
    "its children inherit nothing that breaks podman",
  );
  const second = await m.run([...node, driver, "agent"]);
  t.not(second.exitCode, 0);
  t.match(second.stderr, "agent-running");

  await m.stdout("systemctl --user kill --signal=KILL dbus.service");
  await m.waitFor("the agent is back on the new bus", async () => (await play<Asked>("ask")).runs, 10_000);
  await m.waitFor(
    "the watchdog was fed",
    async () => {
      const [since = "0", now = "0"] = (
        await m.stdout("systemctl --user show phoenix.service -P ActiveEnterTimestampMonotonic; awk '{print int($1*1e6)}' /proc/uptime")
      ).split("\n");
      return Number(now) - Number(since) > 4_000_000;
    },
    10_000,
  );
  t.equal(
    await m.stdout("systemctl --user show phoenix.service -P ActiveState -P NRestarts -P StatusText | sort"),
    "0\nactive\nwatching 1 stack",
  );

  t.ok(await play("logger"));
  const read = async (match: string): Promise<readonly Readonly<Record<string, unknown>>[]> =>
    (await m.stdout(`journalctl --user --sync -q || :; journalctl --user -q --since @${since} --all -o json ${match}`))
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line));
  const byUnit = await read("PHOENIX_UNIT=web.service");
  t.match(byUnit, [
    { PRIORITY: "4", PHOENIX_STACK: "web", PHOENIX_EVENT: "unhealthy", MESSAGE: "web: web.service is unhealthy: it says\nnothing" },
    { PRIORITY: "4", PHOENIX_EVENT: "restarted", MESSAGE: "web: restarted web.service (attempt 2): it hung <evil>" },
  ]);
  t.match(byUnit[0], { MESSAGE_ID: messageIdOf("unhealthy"), SYSLOG_IDENTIFIER: "phoenix", _SYSTEMD_USER_UNIT: "phoenix.service" });
  t.match(await read("PHOENIX_GENERATION=8"), [{ PHOENIX_EVENT: "pending", PRIORITY: "5" }]);
  const byService = (await read("-u phoenix")).map(({ MESSAGE: message }) => String(message));
  t.ok(byService.includes("web: restarted web.service (attempt 2): it hung <evil>"), "an event of a verb stands among the agent's");
  const long = byService.find((message) => message.startsWith("xxx")) ?? "";
  t.ok(long.length > 10_000 && long.length < 20_000, "a long message is cut, not lost");

  await m.stdout("systemctl --user kill --signal=STOP phoenix.service");
  const silent = await play<Asked>("ask").catch((error: Error) => error.message);
  t.match(silent, { status: { value: { code: "agent-silent" } } });
  await m.waitFor(
    "the watchdog ends it",
    async () => (await m.stdout("systemctl --user show phoenix.service -P Result")) === "watchdog",
    10_000,
  );
  t.match(await play<Asked>("ask"), { status: { value: null }, runs: false, reconciled: false });
});

t.test("without OpenFile= the agent notifies and journals all the same", async (t) => {
  await m.stdout("systemctl --user start plain.service");
  t.equal(await m.stdout("systemctl --user show plain.service -P StatusText"), "watching 1 stack");
  const lines = await m.stdout(`journalctl --user --sync -q || :; journalctl --user -q --since @${since} -o json -u plain.service`);
  t.match(lines, /"PRIORITY":"4"/);
  t.match(lines, "web: web.service is unhealthy: it says nothing");
  await m.stdout("systemctl --user stop plain.service");
  t.equal(await m.stdout("systemctl --user show plain.service -P Result"), "success");
});

t.test("the bus is found without a login's variables, and said to be missing where it is", async (t) => {
  const bare = await m.run(["env", "-i", "PATH=/usr/bin:/bin", "node", driver, "ask"]);
  t.equal(bare.exitCode, 0);
  const missing = await m.run(["env", "-i", "PATH=/usr/bin:/bin", "XDG_RUNTIME_DIR=/nowhere", "node", driver, "ask"]);
  const { value } = JSON.parse(missing.stdout) as Outcome<Failure>;
  t.match(value, { code: "bus-unreachable", message: /\/nowhere\/bus: no bus listens there/ });
  const foreign = await m.run([
    "env",
    "--unset=NODE_OPTIONS",
    `DBUS_SESSION_BUS_ADDRESS=unix:path=/run/user/${m.uid}/systemd/private`,
    "node",
    driver,
    "ask",
  ]);
  t.match(JSON.parse(foreign.stdout), { value: { code: "bus-unreachable" } }, "a socket that is no bus");
});

t.test("what others wrote cannot steer a person's terminal", async (t) => {
  const entry = { priority: 4, message: "web says \u001b[2J\u009b31m\ngone", fields: {} } as const;
  t.equal(humanLine(entry, false), "warning: web says �[2J�31m\ngone\n");
  t.equal(humanLine(entry, true), "\u001b[33mwarning: web says �[2J�31m\ngone\u001b[39m\n");
});
