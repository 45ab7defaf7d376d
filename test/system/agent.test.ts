import t from "tap";
import { agentLines, installAgent } from "../support/install-agent.ts";
import { machine } from "../support/machine.ts";

/** The agent as a service: it starts and ends as systemd wants, comes back, and finishes what others left behind. */
const m = await machine(t);
await m.loadTestImage();
await m.loadTestImage("localhost/app:dying", { EXIT_AFTER: "4" });

const stack = async (image: string): Promise<void> =>
  await m.writeFile(
    "stack/web.container",
    `[Container]
Image=${image}
PublishPort=127.0.0.1:${m.port()}:8080
Network=app.network

[X-Phoenix]
Readiness=http://:8080/health
Period=1s
MinHealthy=1s
RestartBudget=2/10min
`,
  );
await stack("localhost/phoenix-test/server:latest");
await m.writeFile("stack/app.network", "[Network]\n");
await m.writeFile("quiet/quiet.container", "[Container]\nImage=localhost/phoenix-test/server:latest\n\n[X-Phoenix]\nMinHealthy=1s\n");
// A run that fell due while nobody was there, and a config with a mistake in it.
await m.writeFile(".local/state/phoenix/maintenance.json", '{"schedule":"17 3 * * *","nextRun":1}\n');
await m.stdout("chmod 700 ~/.local/state/phoenix");
await m.writeFile(".config/phoenix/config.yaml", "log: debug\nmaintenance:\n  shedule: '1 1 * * *'\n");
await m.stdout("chmod 700 ~/.config/phoenix");
await installAgent(m, { dropIn: "[Service]\nWatchdogSec=3s\n" });
for (const args of [
  ["deploy", "stack", "--stack", "demo"],
  ["deploy", "quiet"],
]) {
  const { exitCode, stderr } = await m.phoenix(args);
  if (exitCode !== 0) throw new Error(stderr);
}

const property = async (unit: string, key: string): Promise<string> =>
  await m.stdout(`systemctl --user show --value --property=${key} ${unit}`);
type Status = {
  readonly stacks: readonly {
    readonly stack: string;
    readonly generation: number;
    readonly healthy: boolean;
    readonly pending: number | null;
    readonly services: readonly { readonly service: string; readonly health: string; readonly because: string; readonly healing: string }[];
  }[];
};
const status = async (): Promise<Status> => {
  const text = await m.stdout("busctl --user --json=short call io.phoenix.Agent /io/phoenix/Agent io.phoenix.Agent1 Status");
  return JSON.parse((JSON.parse(text) as { readonly data: readonly [string] }).data[0]) as Status;
};
const stackOf = async (name: string) => (await status()).stacks.find((one) => one.stack === name);
const isHealthy = async (): Promise<boolean> => {
  const { stacks } = await status();
  return stacks.length === 2 && stacks.every(({ healthy, pending }) => healthy && pending === null);
};
const invocations = async (): Promise<string> =>
  `${await property("web.service", "InvocationID")} ${await property("quiet.service", "InvocationID")}`;
const has = async (pattern: RegExp): Promise<boolean> => (await agentLines(m)).some((line) => pattern.test(line["MESSAGE"] ?? ""));
await m.waitFor("both stacks are healthy", isHealthy, 20_000);

t.afterEach(async (child) => {
  if (child.passing()) return;
  console.error((await agentLines(m)).map((line) => `${line["__REALTIME_TIMESTAMP"]} ${line["MESSAGE"]}`).join("\n"));
  console.error(JSON.stringify(await status().catch(String)));
});

await t.test("it shows a clean interface, its readiness and the state of every stack", async (t) => {
  const text = await m.stdout("busctl --user introspect io.phoenix.Agent /io/phoenix/Agent io.phoenix.Agent1");
  for (const member of ["Ping", "Reconcile", "Status", "StartedAt", "Version", "Event", "StatusChanged"]) t.match(text, `.${member} `);
  await m.stdout("busctl --user call io.phoenix.Agent /io/phoenix/Agent io.phoenix.Agent1 Reconcile");
  t.equal(await property("phoenix.service", "StatusText"), "2 of 2 services healthy");
  t.match(await stackOf("demo"), {
    generation: 1,
    services: [{ service: "web.service", health: "healthy", because: "HTTP 200", healing: "fine" }],
  });
});

await t.test("a mistake in its config is told with its line, and the defaults count", async (t) => {
  t.ok(await has(/config\.yaml:3: Cannot use maintenance\.shedule: there is no such key; did you mean schedule\?/));
  await m.writeFile(".config/phoenix/config.yaml", "log: debug\nmaintenance:\n  schedule: '1 1 * * *'\n");
  await m.stdout("systemctl --user reload phoenix.service");
  await m.waitFor(
    "the new schedule counts",
    async () => (await m.readFile(".local/state/phoenix/maintenance.json")).includes('"1 1 * * *"'),
    5_000,
  );
});

await t.test("a maintenance run that was missed is caught up", async (t) => {
  await m.waitFor("it is told", () => has(/Maintenance is done/), 5_000);
  const memo = JSON.parse(await m.readFile(".local/state/phoenix/maintenance.json")) as { readonly nextRun: number };
  t.ok(memo.nextRun > Date.now());
});

await t.test("a SIGKILL of the agent touches no container, and it comes back", async (t) => {
  const before = await invocations();
  const pid = await property("phoenix.service", "MainPID");
  await m.stdout("systemctl --user kill --signal=KILL phoenix.service");
  await m.waitFor(
    "another agent answers",
    async () => (await isHealthy()) && (await property("phoenix.service", "MainPID")) !== pid,
    10_000,
  );
  t.equal(await invocations(), before);
});

await t.test("the watchdog ends an agent that hangs, and touches no container", async (t) => {
  const before = await invocations();
  const restarts = Number(await property("phoenix.service", "NRestarts"));
  const start = performance.now();
  await m.stdout("systemctl --user kill --signal=STOP --kill-whom=main phoenix.service");
  await m.waitFor("it was restarted", async () => Number(await property("phoenix.service", "NRestarts")) > restarts, 13_000);
  t.comment(`restarted ${Math.round(performance.now() - start)} ms after it hung, WatchdogSec=3s`);
  await m.waitFor("it answers", isHealthy, 10_000);
  t.equal(await invocations(), before);
  t.equal(Number(await property("phoenix.service", "NRestarts")), restarts + 1, "and it feeds the watchdog by itself");
});

await t.test("it ends within two seconds, and the containers go on", async (t) => {
  const before = await invocations();
  const start = performance.now();
  await m.stdout("systemctl --user stop phoenix.service");
  const tookMs = performance.now() - start;
  t.ok(tookMs < 2_000, `${Math.round(tookMs)} ms`);
  t.equal(await property("phoenix.service", "Result"), "success");
  t.equal(await invocations(), before);
  await m.stdout("systemctl --user start phoenix.service");
});

await t.test("stop, start and restart of the target mean the agent and every stack", async (t) => {
  await m.stdout("systemctl --user stop phoenix.target");
  const states = async (): Promise<string> =>
    await m.stdout("systemctl --user is-active phoenix.service web.service quiet.service || true");
  await m.waitFor("all have stopped", async () => (await states()) === "inactive\ninactive\ninactive", 15_000);
  await m.stdout("systemctl --user start phoenix.target");
  await m.waitFor("all are healthy", isHealthy, 15_000);
  const before = await invocations();
  await m.stdout("systemctl --user restart phoenix.target");
  await m.waitFor("all are healthy anew", async () => (await invocations()) !== before && (await isHealthy()), 15_000);
  t.notOk(await has(/stopped by hand/), "nobody took that for a person's wish");
});

await t.test("what was stopped by hand runs again after the next start of everything", async (t) => {
  await m.stdout("systemctl --user stop quiet.service");
  await m.waitFor("it is told", () => has(/quiet\.service was stopped by hand/), 5_000);
  await m.stdout("systemctl --user restart phoenix.target");
  await m.waitFor(
    "it runs and is no longer left alone",
    async () => (await isHealthy()) && (await has(/quiet\.service was started/)),
    15_000,
  );
  t.equal((await stackOf("quiet"))?.services[0]?.because, "systemd says active");
});

await t.test("a deploy that died is finished by the agent", async (t) => {
  await m.writeFile(
    "stack/web.container",
    (await m.readFile("stack/web.container")).replace("[Container]", "[Container]\nEnvironment=A=2"),
  );
  const died = await m.phoenix(["deploy", "stack", "--stack", "demo"], { env: { PHOENIX_FAILPOINT: "after:switch-link" } });
  t.not(died.exitCode, 0);
  await m.waitFor("the new generation is good", async () => (await stackOf("demo"))?.generation === 2 && (await isHealthy()), 20_000);
  t.ok(await has(/found an unfinished change to generation 2/));
});

await t.test("a generation whose service dies again and again in its first minutes is rolled back", async (t) => {
  await stack("localhost/app:dying");
  const deployed = await m.phoenix(["deploy", "stack", "--stack", "demo"]);
  t.equal(deployed.exitCode, 0, deployed.stderr);
  await m.waitFor("it was rolled back", () => has(/rolled back from generation 3 to 2/), 40_000);
  await m.waitFor("the old one is healthy", async () => (await stackOf("demo"))?.generation === 2 && (await isHealthy()), 15_000);
  const again = await m.phoenix(["deploy", "stack", "--stack", "demo"]);
  t.equal(again.exitCode, 6, "and it is quarantined");
});

await t.test("it is small", async (t) => {
  const pid = await property("phoenix.service", "MainPID");
  const privateKb = Number(await m.stdout(`awk '/^Private_Dirty/ { sum += $2 } END { print sum }' /proc/${pid}/smaps_rollup`));
  t.comment(`${Math.round(privateKb / 1024)} MB private`);
  t.ok(privateKb < 60 * 1024, `${privateKb} kB private`);
});
