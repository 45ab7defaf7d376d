import { setTimeout as sleep } from "node:timers/promises";
import t, { type Test } from "tap";
import { agentLines, installAgent } from "../support/install-agent.ts";
import { machine } from "../support/machine.ts";

/**
 * Everything that can befall a running service, and how long it takes until it serves again with nobody's help. The bound is the
 * formula FailureThreshold × Period + Timeout + Grace + start, plus slack for a machine that is busy with other tests.
 */
const policy = { period: 1, timeout: 0.5, threshold: 2, grace: 1 };
const startSec = 1.5;
const slackSec = 4;
const probedSec = policy.threshold * policy.period + policy.timeout + policy.grace + startSec + slackSec;
const crashedSec = startSec + slackSec;

const m = await machine(t);
await m.loadTestImage();

const unit = (name: string, port: number, more = ""): Promise<void> =>
  m.writeFile(
    `stack/${name}.container`,
    `[Container]
Image=localhost/phoenix-test/server:latest
PublishPort=127.0.0.1:${port}:8080
Network=app.network
ContainerName=${name}
${more}
[X-Phoenix]
Readiness=http://:8080/health
Liveness=http://:8080/health
Period=${policy.period}s
Timeout=${policy.timeout * 1000}ms
FailureThreshold=${policy.threshold}
Grace=${policy.grace}s
MinHealthy=1s
RestartBudget=50/10min
`,
  );
const names = ["crash", "stopped", "hang", "broken", "gone", "other"] as const;
type Name = (typeof names)[number];
const portOf = (name: Name): number => m.port(names.indexOf(name));
// The image's own server is a child of its main process, which could be stopped without anybody noticing.
const serveAlone = "Entrypoint=/bin/sh\nExec=-c 'echo serve >/tmp/mode; exec nc -ll -p 8080 -e /bin/answer'\n";
for (const name of names) await unit(name, portOf(name), name === "stopped" ? serveAlone : "");
await m.writeFile("stack/app.network", "[Network]\nNetworkName=app\n");
await installAgent(m);
const deployed = await m.phoenix(["deploy", "stack", "--stack", "demo"]);
if (deployed.exitCode !== 0) throw new Error(deployed.stderr);

const serves = async (name: Name): Promise<boolean> => (await m.http(portOf(name), "/health", 1000)).status === 200;
const property = async (service: string, key: string): Promise<string> =>
  await m.stdout(`systemctl --user show --value --property=${key} ${service}`);
const healthOf = async (name: string): Promise<string> => {
  const text = await m.stdout("busctl --user --json=short call io.phoenix.Agent /io/phoenix/Agent io.phoenix.Agent1 Status");
  const [json] = (JSON.parse(text) as { readonly data: readonly [string] }).data;
  const { stacks } = JSON.parse(json) as {
    readonly stacks: readonly { readonly services: readonly { readonly service: string; readonly health: string }[] }[];
  };
  return stacks.flatMap(({ services }) => services).find(({ service }) => service === `${name}.service`)?.health ?? "";
};
const allHealthy = async (): Promise<void> =>
  await m.waitFor("all are healthy", async () => (await Promise.all(names.map(healthOf))).every((health) => health === "healthy"), 30_000);

/** How long until the service of a new invocation serves again, in seconds. */
const outage = async (name: Name, harm: string): Promise<number> => {
  const before = await property(`${name}.service`, "InvocationID");
  const start = performance.now();
  await m.stdout(harm);
  await m.waitFor(
    `${name} serves again`,
    async () => (await property(`${name}.service`, "InvocationID")) !== before && (await serves(name)),
    20_000,
  );
  return Math.round(performance.now() - start) / 1000;
};
/** What a reader of a failure needs first. */
const tell = async (): Promise<void> => {
  const lines = (await agentLines(m)).map((line) => `${line["__REALTIME_TIMESTAMP"]} ${line["MESSAGE"]}`);
  const states = await m.stdout(
    "systemctl --user list-units --no-pager --plain --no-legend --all '*.service'; busctl --user --json=short call io.phoenix.Agent /io/phoenix/Agent io.phoenix.Agent1 Status",
  );
  console.error([...lines, states].join("\n"));
};
let isTold = false;
t.afterEach(async (child) => {
  if (child.passing() || isTold) return;
  isTold = true;
  await tell();
});
const figures: string[] = [];
const within = (t: Test, what: string, tookSec: number, boundSec: number): void => {
  figures.push(`${what}: ${tookSec} s (bound ${boundSec} s)`);
  t.ok(tookSec <= boundSec, `${what}: ${tookSec} s, bound ${boundSec} s`);
};

await allHealthy();

await t.test("what crashes is started again by systemd, and told", async (t) => {
  within(t, "podman kill", await outage("crash", "podman kill crash"), crashedSec);
  within(t, "podman rm -f", await outage("crash", "podman rm -f -t 0 crash"), crashedSec);
  await m.waitFor(
    "both incidents are over",
    async () => (await agentLines(m, "PHOENIX_UNIT=crash.service")).filter((line) => line["PHOENIX_EVENT"] === "healthy").length === 2,
    10_000,
  );
});

await t.test("what runs and does not answer is restarted within the formula", async (t) => {
  const stop = `kill -STOP "$(podman inspect --format '{{.State.Pid}}' stopped)"`;
  const tooks = await Promise.all([
    outage("stopped", stop),
    outage("hang", "podman exec hang sh -c 'echo hang >/tmp/mode'"),
    outage("broken", "podman exec broken sh -c 'echo fail >/tmp/mode'"),
  ]);
  for (const [index, what] of ["kill -STOP", "an endpoint that hangs", "one that answers 500"].entries())
    within(t, what, tooks[index] ?? Number.NaN, probedSec);
});

await t.test("a unit file that was deleted comes back, and its service never stops", async (t) => {
  await allHealthy();
  const before = await property("gone.service", "InvocationID");
  const start = performance.now();
  await m.stdout(
    "chmod u+w ~/.config/containers/systemd/phoenix/demo/; rm -f ~/.config/containers/systemd/phoenix/demo/gone.container; systemctl --user daemon-reload",
  );
  await m.waitFor("it is loaded again", async () => (await property("gone.service", "LoadState")) === "loaded", 20_000);
  within(t, "a deleted unit file", Math.round(performance.now() - start) / 1000, slackSec);
  t.equal(await property("gone.service", "InvocationID"), before);
  t.ok(await serves("gone"));
});

await t.test("a network that was removed comes back with everything on it", async (t) => {
  const start = performance.now();
  await m.stdout("podman network rm -f -t 0 app");
  await m.waitFor("all serve again", async () => (await Promise.all(names.map(serves))).every(Boolean), 60_000);
  within(t, "podman network rm -f", Math.round(performance.now() - start) / 1000, 20);
});

await t.test("what a person stopped stays stopped until the next start", async (t) => {
  await allHealthy();
  const before = await property("other.service", "InvocationID");
  await m.stdout("systemctl --user stop other.service");
  await m.waitFor(
    "it is told",
    async () => (await agentLines(m, "PHOENIX_UNIT=other.service")).some((line) => line["PHOENIX_EVENT"] === "stoppedByHand"),
    10_000,
  );
  await sleep(4000);
  t.equal(await property("other.service", "ActiveState"), "inactive");
  const status = await m.phoenix(["status", "--json"]);
  t.match(status.stdout, /stopped by hand/);
  await m.stdout("systemctl --user reset-failed other.service; systemctl --user start other.service");
  await m.waitFor("it is healthy", async () => (await healthOf("other")) === "healthy", 10_000);
  t.not(await property("other.service", "InvocationID"), before);
});

await t.test("a container that was stopped through Podman is left to the unit's own Restart=", async (t) => {
  await m.stdout("podman stop -t 2 other");
  await sleep(4000);
  t.equal(await property("other.service", "ActiveState"), "inactive");
  // systemd counts every start of the last minute, and this file has asked for many.
  await m.stdout("systemctl --user reset-failed other.service; systemctl --user start other.service");
});

await t.test("the journal has one line a happening, with fields, and none for probes", async (t) => {
  await allHealthy();
  const lines = await agentLines(m);
  const about = (event: string, name: string): readonly Readonly<Record<string, string>>[] =>
    lines.filter((line) => line["PHOENIX_EVENT"] === event && line["PHOENIX_UNIT"] === `${name}.service`);
  for (const name of ["stopped", "hang", "broken"]) {
    t.equal(about("restarted", name).length, 1, `${name}: one restart`);
    t.match(about("restarted", name)[0]?.["PRIORITY"], "4");
  }
  t.match(about("unhealthy", "broken")[0]?.["MESSAGE"], /broken\.service is unhealthy: HTTP 500, 2 times in a row/);
  const before = lines.length;
  await sleep(3000);
  t.equal((await agentLines(m)).length, before, "three probes of each service, no line");
  t.comment(lines.map((line) => `<${line["PRIORITY"]}> ${line["MESSAGE"]}`).join("\n"));
});

t.teardown(() => console.error(figures.join("\n")));
