import t from "tap";
import type { TelemetryStatus } from "../../src/agent/telemetry/status.ts";
import { agentLines, installAgent } from "../support/install-agent.ts";
import { machine } from "../support/machine.ts";
import { type GotItem, telemetrySink } from "../support/telemetry-sink.ts";

/** The agent hands its samples and events to a sink, whatever that one does, and never waits for it. */
const m = await machine(t);
await m.loadTestImage();
const sink = await telemetrySink(m, m.port(10));

const service = async (name: string, policy: string): Promise<void> =>
  await m.writeFile(
    `stack/${name}.container`,
    `[Container]\nContainerName=${name}\nImage=localhost/phoenix-test/server:latest\nNetwork=app.network\n\n[X-Phoenix]\n${policy}`,
  );
const asked = "Liveness=http://:8080/health\nPeriod=500ms\nTimeout=400ms\nMinHealthy=1s\nGrace=1s\n";
await service("web", asked);
await service("api", asked);
await service("quiet", "MinHealthy=1s\n");
await m.writeFile("stack/app.network", "[Network]\n");
await m.stdout(`mkdir -p -m 700 ~/.config/phoenix && umask 077 && cat >~/.config/phoenix/token`, { input: "s3cret-token\n" });
await m.stdout(
  "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out cert.pem -subj /CN=127.0.0.1 2>&1",
);

/** As an installer writes it: beside the person's own file. */
const configure = async (more = "", url = sink.url): Promise<void> =>
  await m.writeFile(
    ".config/phoenix/config.d/sink.yaml",
    `telemetry:\n  url: ${url}\n  tokenFile: ~/.config/phoenix/token\n  interval: 1s\n  spool: 64KiB\n${more}`,
  );
const reload = async (): Promise<void> => void (await m.stdout("systemctl --user reload phoenix.service"));
await m.writeFile(".config/phoenix/config.yaml", "relist: 5s\n");
await configure();
await sink.start();
await installAgent(m);
const deployed = await m.phoenix(["deploy", "stack", "--stack", "demo"]);
if (deployed.exitCode !== 0) throw new Error(deployed.stderr);

type On = Extract<TelemetryStatus, { readonly state: "on" }>;
const status = async (): Promise<On> => {
  const text = (await m.phoenix(["status", "--json"])).stdout;
  return (JSON.parse(text) as { readonly telemetry: On }).telemetry;
};
const samplesOf = (items: readonly GotItem[], name: string): readonly GotItem[] =>
  items.filter(({ service, probe }) => service === `${name}.service` && probe !== undefined);
const has = async (ask: (items: readonly GotItem[]) => boolean): Promise<boolean> => ask(await sink.got());
const said = async (pattern: RegExp): Promise<number> => (await agentLines(m)).filter((line) => pattern.test(line["MESSAGE"] ?? "")).length;
/** Longest hole in the samples of a service, seconds. */
const longestHole = (items: readonly GotItem[], name: string): number => {
  const times = samplesOf(items, name).map(({ at }) => Date.parse(at));
  return Math.max(...times.slice(1).map((time, index) => (time - (times[index] ?? time)) / 1000));
};
const later = async (seconds: number): Promise<void> => {
  const end = Date.now() + seconds * 1000;
  await m.waitFor("time passes", async () => Date.now() >= end, seconds * 1000 + 1_000);
};
const heals = async (name: string): Promise<number> => {
  const start = performance.now();
  await m.stdout(`podman exec ${name} sh -c 'echo hang >/tmp/mode'`);
  await m.waitFor(
    `${name} was restarted`,
    async () => (await agentLines(m, `PHOENIX_UNIT=${name}.service`)).some((line) => line["PHOENIX_EVENT"] === "restarted"),
    30_000,
  );
  return performance.now() - start;
};

t.afterEach(async (child) => {
  if (child.passing()) return;
  console.error((await agentLines(m)).map((line) => `${line["__REALTIME_TIMESTAMP"]} ${line["MESSAGE"]}`).join("\n"));
  console.error(JSON.stringify(await status().catch(String)));
});

await t.test("samples and events arrive, with the token", async (t) => {
  const isThere = (items: readonly GotItem[]): boolean =>
    samplesOf(items, "web").length >= 3 && samplesOf(items, "quiet").length >= 1 && items.some(({ kind }) => kind === "good");
  await m.waitFor("both came", () => has(isThere), 15_000);
  const items = await sink.got();
  t.match(samplesOf(items, "web").at(-1), { stack: "demo", probe: "http", outcome: "success", period_ms: 500, latency_ms: Number });
  t.match(samplesOf(items, "quiet").at(-1), { probe: "unit", outcome: "success", period_ms: 5_000, latency_ms: null });
  t.match(
    items.find(({ kind }) => kind === "good"),
    { stack: "demo", generation: 1, service: null },
  );
  const requests = await sink.asked();
  t.same([...new Set(requests.map(({ path }) => path))].sort(), ["/v1/events", "/v1/samples"]);
  t.ok(requests.every(({ authorization }) => authorization === "Bearer s3cret-token"));
  t.match(await status(), { state: "on", url: sink.url, dropped: 0, rejected: 0, lastError: "", spooledBytes: 0 });
  t.match((await m.phoenix(["status"])).stdout, /^telemetry {2}http:\/\/127\.0\.0\.1:\d+: delivered /m);
  t.equal(await m.stdout("ls ~/.local/state/phoenix/telemetry"), "", "a sink that takes everything needs no disk");
});

await t.test("a sink that is away is caught up with, in order and without a hole, over a SIGKILL of the agent", async (t) => {
  await sink.stop();
  const before = (await sink.got()).length;
  await m.waitFor("something is spooled", async () => (await status()).spooledBytes > 0, 10_000);
  await later(2);
  t.match(await m.stdout("stat -c '%a %U' ~/.local/state/phoenix/telemetry ~/.local/state/phoenix/telemetry/*"), /^700 (\S+)\n600 \1/);
  await m.stdout("systemctl --user kill --signal=KILL phoenix.service");
  await m.waitFor("the next agent knows what lies there", async () => (await status()).spooledBytes > 0, 15_000);
  await sink.start();
  await m.waitFor("all of it was delivered", async () => (await status()).waiting <= 8 && (await sink.got()).length > before + 6, 20_000);
  await later(2);
  const items = await sink.got();
  const times = samplesOf(items, "web").map(({ at }) => at);
  t.same(times, [...new Set(times)].sort(), "in order, each once");
  t.comment(`longest hole in the samples, a SIGKILL and a start of the agent included: ${longestHole(items, "web").toFixed(1)} s`);
  t.ok(longestHole(items, "web") < 10);
  t.match(await status(), { dropped: 0 });
  t.equal(await m.stdout("ls ~/.local/state/phoenix/telemetry"), "");
});

await t.test("what happened while no agent was there is told by the next one", async (t) => {
  await m.stdout("systemctl --user stop phoenix.service");
  await service("quiet", "MinHealthy=1s\nPeriod=2s\n");
  await m.writeFile(
    "stack/quiet.container",
    (await m.readFile("stack/quiet.container")).replace("[Container]", "[Container]\nEnvironment=A=2"),
  );
  t.equal((await m.phoenix(["deploy", "stack", "--stack", "demo"])).exitCode, 0);
  await m.stdout("systemctl --user start phoenix.service");
  await m.waitFor("it is told", () => has((items) => items.some(({ kind, generation }) => kind === "good" && generation === 2)), 10_000);
});

await t.test("a sink that hangs does not slow healing", async (t) => {
  const usual = await heals("web");
  await sink.mode("hang");
  await m.waitFor("a request hangs", async () => (await sink.asked()).some(({ mode }) => mode === "hang"), 10_000);
  const hanging = await heals("api");
  t.comment(`restarted after ${Math.round(usual)} ms, with a sink that hangs after ${Math.round(hanging)} ms`);
  t.ok(hanging < usual + 5_000, "its deadline alone is 10 s");
  await sink.mode("ok");
  // The request that hangs ends with the sink's process.
  await sink.stop();
  await sink.start();
  const isTold = (items: readonly GotItem[]): boolean =>
    items.some(({ kind, service }) => kind === "restarted" && service === "api.service");
  await m.waitFor("the sink hears of it afterwards", () => has(isTold), 30_000);
  const failed = samplesOf(await sink.got(), "api").filter(({ outcome }) => outcome === "failure");
  t.ok(failed.length >= 3, `${failed.length} failed samples of it`);
});

await t.test("what a sink refuses is dropped, told once, and blocks nothing", async (t) => {
  await sink.mode("no api.service");
  const before = samplesOf(await sink.got(), "web").length;
  const lost = (await status()).dropped;
  const refused = /Telemetry: .* refused a sample for good \(dropped\): HTTP 400: told to/;
  await m.waitFor("some are refused, one by one", async () => (await status()).dropped >= lost + 3, 15_000);
  await m.waitFor("the others still arrive", () => has((items) => samplesOf(items, "web").length > before + 2), 10_000);
  // The journal may be a moment late.
  await m.waitFor("it is told", async () => (await said(refused)) > 0, 5_000);
  t.equal(await said(refused), 1);
  await sink.mode("ok");
});

await t.test("a token that others can read is not sent, a certificate that nobody vouches for not trusted", async (t) => {
  const before = (await sink.got()).length;
  await m.stdout("chmod 644 ~/.config/phoenix/token");
  await m.waitFor("it is refused", async () => /others may read it \(mode 644\)/.test((await status()).lastError), 10_000);
  await m.stdout("chmod 600 ~/.config/phoenix/token");
  await configure("", `https://127.0.0.1:${m.port(11)}`);
  await reload();
  await m.waitFor("it is refused", async () => /self-signed certificate/.test((await status()).lastError), 10_000);
  t.ok((await sink.got()).length - before <= 10, "nothing was handed over meanwhile");
  await configure();
  await reload();
  await m.waitFor("all is well again", async () => (await status()).lastError === "" && (await status()).waiting <= 8, 10_000);
});

await t.test("the spool is bounded: the oldest go, counted, and the newest arrive", async (t) => {
  await sink.stop();
  await m.stdout("systemctl --user stop phoenix.service");
  // As after a day without a sink: twice as much as may be kept.
  const file = (number: number): string =>
    Array.from({ length: 60 }, (_, index) => {
      const at = new Date(Date.UTC(2026, 0, 1) + (number * 60 + index) * 1000).toISOString();
      return `s{"stack":"old","service":"x.service","at":"${at}","probe":"http","outcome":"success","latency_ms":1,"period_ms":1000}\n`;
    }).join("");
  const folder = ".local/state/phoenix/telemetry";
  await m.stdout(`rm -f ${folder}/*`);
  for (let number = 1; number <= 16; number += 1) await m.writeFile(`${folder}/${String(number).padStart(8, "0")}.lines`, file(number));
  await m.stdout("systemctl --user start phoenix.service");
  await m.waitFor("some were dropped", async () => (await status()).dropped > 0, 10_000);
  t.ok(Number(await m.stdout(`cat ${folder}/* | wc -c`)) <= 65_536);
  const { dropped } = await status();
  await sink.start();
  const ofOld = (items: readonly GotItem[]): readonly GotItem[] => items.filter(({ stack }) => stack === "old");
  await m.waitFor("the rest arrived", () => has((items) => ofOld(items).length === 16 * 60 - dropped), 15_000);
  const times = ofOld(await sink.got()).map(({ at }) => at);
  t.same(times, times.toSorted(), "in order");
  t.equal(times.at(-1), new Date(Date.UTC(2026, 0, 1) + (16 * 60 + 59) * 1000).toISOString(), "the newest among them");
  t.equal(await said(/Telemetry: more waits than 64 KiB or 168 h; the oldest samples and events are dropped and counted/), 1);
});

await t.test("a full disk is told once, and what fits into memory arrives", async (t) => {
  const folder = `${m.home}/.local/state/phoenix/telemetry`;
  await m.stdout(`mount -t tmpfs -o size=4k,mode=700,uid=${m.uid},gid=${m.uid} tmpfs ${folder}`, { root: true });
  await m.stdout(`echo full >${folder}/filler`);
  t.teardown(() => m.stdout(`umount --lazy ${folder}`, { root: true }));
  await sink.mode("503");
  const full = /Telemetry: Cannot write the telemetry spool: no space is left on the device.* waits in memory only/;
  await m.waitFor("it is told", async () => (await said(full)) > 0, 30_000);
  const { waiting } = await status();
  await later(2);
  t.ok((await status()).waiting > waiting, "it goes on collecting");
  t.equal(await said(full), 1);
  await sink.mode("ok");
  await m.waitFor("all of it was delivered", async () => (await status()).waiting <= 8, 30_000);
  t.match(await status(), { lastError: "" });
  t.ok(longestHole(await sink.got(), "web") < 15);
});

await t.test("the person's own file has the last word: off means off", async (t) => {
  await m.writeFile(".config/phoenix/config.yaml", "relist: 5s\ntelemetry: off\n");
  await reload();
  await m.waitFor("it is off", async () => (await status()).state === ("off" as string), 5_000);
  const count = (await sink.asked()).length;
  await later(2);
  t.equal((await sink.asked()).length, count);
  t.notMatch((await m.phoenix(["status"])).stdout, /telemetry/);
  t.equal(await m.stdout("journalctl --user --no-pager -o cat | grep -c s3cret-token || true"), "0", "the token is in no log");
});
