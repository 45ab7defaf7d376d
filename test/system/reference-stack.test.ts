import t, { type Test } from "tap";
import { installAgent } from "../support/install-agent.ts";
import { machine } from "../support/machine.ts";
import { referenceImages } from "../support/reference-images.ts";
import { writeSamples } from "../support/sample-writer.ts";

/** The reference stack as a whole: what one of its services does to the others, and what is never lost meanwhile. */
const m = await machine(t);
await referenceImages(m);
await installAgent(m);

const names = ["analysis-engine", "db", "gap-detector", "nginx", "recurrent-processor", "rubik-agent"] as const;
type Name = (typeof names)[number];
const services = names.map((name) => `${name}.service`).join(" ");
const ports = { "gap-detector": m.port(0), nginx: m.port(1), "rubik-agent": m.port(2) } as const;
const inside = { "gap-detector": 8000, nginx: 8080, "rubik-agent": 3000 } as const;
const periodMs = 2_000;

/**
 * A copy of the stack's folder with quick probes and ports of our own, and one thing changed in it. Only the images of `built` are built from
 * a copy of their sources, under another tag: the others are there. Times stay: a build knows its steps by them, too.
 */
async function source(change = ":", built: readonly Name[] = []): Promise<void> {
  const published = Object.entries(ports).map(([name, port]) => `${name}:${port}:${inside[name as keyof typeof inside]}`);
  const copied = built.length === 0 ? "quadlet" : "quadlet /opt/phoenix/services";
  await m.stdout(`rm -rf app && mkdir app && cp -R --preserve=mode,timestamps /opt/phoenix/${copied} app/ && rm -rf app/services/*/node_modules && cd app/quadlet
    mkdir ../build && mv *.build ../build && sed -i -E 's#^Image=(.*)\\.build$#Image=localhost/phoenix-\\1:latest#' *.container
    for name in ${built.join(" ")}; do sed -E '/^(Requires|After)=/d; /:0.1.0$/d; s#:latest$#:here#' ../build/$name.build >$name.build
      sed -i "s#^Image=.*#Image=$name.build#" $name.container; done
    for name in ${names.join(" ")}; do mkdir $name.container.d
      printf '[X-Phoenix]\\nPeriod=${periodMs}ms\\nFailureThreshold=2\\nGrace=1s\\nMinHealthy=1s\\nStartupDeadline=15s\\n' >$name.container.d/quick.conf; done
    for one in ${published.join(" ")}; do
      printf '[Container]\\nPublishPort=\\nPublishPort=127.0.0.1:%s\\n' "\${one#*:}" >\${one%%:*}.container.d/port.conf; done
    ${change}`);
}
const deploy = () => m.phoenix(["deploy", "app/quadlet", "--stack", "phoenix"], { timeoutMs: 300_000 });
const dropIn = (name: Name, text: string): string => `printf '%b' '${text}' >${name}.container.d/second.conf`;
const sql = (query: string): Promise<string> =>
  m.stdout("podman exec --interactive phoenix-db psql --no-psqlrc --quiet --no-align --tuples-only --set=ON_ERROR_STOP=1 phoenix", {
    input: query,
  });
const invocations = async (of: readonly Name[]): Promise<string> =>
  await m.stdout(`systemctl --user show --property=InvocationID --value ${of.map((name) => `${name}.service`).join(" ")}`);

async function ask(port: number, path: string, body?: unknown): Promise<Readonly<Record<string, unknown>>> {
  const post = body === undefined ? "" : `--header 'Content-Type: application/json' --header "Authorization: Bearer $TOKEN" --data @-`;
  const options = body === undefined ? {} : { input: JSON.stringify(body), env: { TOKEN: token } };
  return JSON.parse(await m.stdout(`curl --silent --show-error --fail --max-time 5 ${post} '127.0.0.1:${port}${path}'`, options));
}

let token = "";
let task = "";
// Each step stands on the one before: after a failure the rest would only repeat it.
const step = (sentence: string, work: (t: Test) => Promise<void>) => t.test(sentence, { skip: !t.passing(), timeout: 300_000 }, work);

/** Everybody is well, and nothing that was acknowledged or kept is missing. */
async function nothingIsLost(t: Test): Promise<void> {
  await m.waitFor("status is healthy", async () => (await m.phoenix(["status", "phoenix"])).exitCode === 0, 20_000);
  const [states, { acknowledged, stored }, older, queued, checkpoint] = await Promise.all([
    m.stdout(`systemctl --user is-active ${services}`),
    writer.look(),
    sql("SELECT count(*) FROM samples JOIN series ON series.id = series_id WHERE stack = 'older'"),
    ask(ports["rubik-agent"], `/tasks/${task}`),
    m.stdout("podman exec phoenix-recurrent-processor cat /var/lib/checkpoints/kept"),
  ]);
  t.equal(states, "active\n".repeat(names.length).trimEnd());
  t.equal(stored, acknowledged, `all ${acknowledged} acknowledged samples are stored`);
  t.same([older, queued["state"], checkpoint], ["1000", "queued", "kept"], "and so is what was there before");
}
let writer: Awaited<ReturnType<typeof writeSamples>>;

await step("a volume with the schema of an older version is taken over, with its data", async (t) => {
  const newest = 6;
  await source(
    `find . -mindepth 1 -maxdepth 1 -not -name 'db.*' -not -name 'db_data.*' -not -name 'phoenix-db.*' -exec rm -r {} +
    cd ../services/db/migrations; for file in *; do [ "$(expr "\${file%%_*}" + 0)" -le ${newest} ] || rm "$file"; done`,
    ["db"],
  );
  const older = await deploy();
  t.equal(older.exitCode, 0, older.stderr);
  const version = "SELECT max(version) FROM schema_migrations";
  t.equal(await sql(version), String(newest));
  await sql(`INSERT INTO series (stack, service, probe, period_ms) VALUES ('older', 'web.service', 'http', 1000);
    SELECT ensure_partition((at AT TIME ZONE 'UTC')::date) FROM (VALUES (now()), (now() - interval '1 hour')) AS days (at);
    INSERT INTO samples SELECT series.id, now() - n * interval '1 second', 'success', 1 FROM series, generate_series(1, 1000) AS n`);
  await source();
  const whole = await deploy();
  t.equal(whole.exitCode, 0, whole.stderr);
  t.equal(await sql(version), await m.stdout("ls /opt/phoenix/services/db/migrations | wc -l"));
  token = await m.stdout("podman secret inspect --showsecret --format '{{.SecretData}}' phoenix-token");
  task = String(
    (await ask(ports["rubik-agent"], "/tasks", { kind: "train", run_at: new Date(Date.now() + 86_400_000).toISOString() }))["id"],
  );
  await m.stdout("podman exec phoenix-recurrent-processor sh -c 'echo kept >/var/lib/checkpoints/kept'");
  writer = await writeSamples(m, ports["gap-detector"], token);
  await nothingIsLost(t);
});

await step("user namespaces, owners and networks are as docs/services.md says", async (t) => {
  const mapping = await m.stdout("podman unshare cat /proc/self/uid_map");
  for (const name of names) {
    t.equal(await m.stdout(`podman exec phoenix-${name} cat /proc/1/uid_map`), mapping, `${name} is in the user's own namespace`);
    t.not(await m.stdout(`podman exec phoenix-${name} id -u`), "0", name);
  }
  const owner = (volume: string) =>
    m.stdout(`podman unshare stat --format '%u:%g %a' "$(podman volume inspect --format '{{.Mountpoint}}' ${volume})"`);
  t.match(await owner("db_data"), /^999:999 /);
  t.equal(await owner("checkpoints"), "1000:1000 700");
  const address = await m.stdout(`podman inspect --format '{{(index .NetworkSettings.Networks "phoenix-db").IPAddress}}' phoenix-db`);
  const reach = (from: Name, where: string) =>
    m.shell(`podman exec phoenix-${from} bash -c 'exec 3<>/dev/tcp/${where}' & wait $!`, { timeoutMs: 3_000 });
  t.equal((await reach("gap-detector", `${address}/5432`)).exitCode, 0, "its users reach the database");
  t.not((await reach("nginx", `${address}/5432`)).exitCode, 0, "nginx does not");
  t.match((await reach("db", "203.0.113.1/80")).stderr, /Network is unreachable/, "and from the database no way leads out");
  const verified = await m.phoenix(["verify", "phoenix"]);
  t.equal(verified.exitCode, 0, verified.stdout);
});

await step("a hung service is healed, and found in /v1/gaps and in the report", async (t) => {
  await m.writeFile(".config/phoenix/telemetry-token", token);
  await m.writeFile(
    ".config/phoenix/config.yaml",
    `telemetry:\n  url: http://127.0.0.1:${ports["gap-detector"]}\n  tokenFile: ~/.config/phoenix/telemetry-token\n  interval: 1s\n`,
  );
  await m.stdout("chmod 600 .config/phoenix/telemetry-token; systemctl --user reload phoenix.service");
  const series = async () =>
    (await ask(ports["gap-detector"], "/v1/series"))["series"] as readonly { service: string; samples_24h: number }[];
  await m.waitFor(
    "samples come in",
    async () => (await series()).some((one) => one.service === "rubik-agent.service" && one.samples_24h >= 3),
    30_000,
  );
  const port = ports["rubik-agent"];
  const before = await invocations(["rubik-agent"]);
  const stoppedAt = Date.now();
  await m.stdout("podman kill --signal=STOP phoenix-rubik-agent");
  await m.waitFor(
    "it serves again",
    async () => (await invocations(["rubik-agent"])) !== before && (await m.http(port, "/ready", 500)).status === 200,
    30_000,
  );
  const backAt = Date.now();
  type Gap = { readonly service: string; readonly started_at: string; readonly ended_at: string | null };
  const outages = async () =>
    ((await ask(ports["gap-detector"], "/v1/gaps?from=10m&kind=outage&service=rubik-agent.service"))["gaps"] as readonly Gap[]).filter(
      ({ ended_at }) => ended_at !== null,
    );
  await m.waitFor("the outage is found", async () => (await outages()).length > 0, 30_000, 500);
  const found = await outages();
  t.equal(found.length, 1, "one outage", { found });
  const [from, to] = [found[0]?.started_at, found[0]?.ended_at].map((at) => Date.parse(at ?? ""));
  const off = { start: Number(from) - stoppedAt, end: Number(to) - backAt };
  t.ok(Math.abs(off.start) <= periodMs, `it starts within a period (${off.start} ms)`);
  t.ok(Math.abs(off.end) <= periodMs, `it ends within a period (${off.end} ms)`);
  t.comment(`healed after ${backAt - stoppedAt} ms; found ${off.start} ms after its start and ${off.end} ms after its end`);
  type Report = { readonly services: readonly { readonly service: string; readonly repair: { outages: number; mttr_seconds: number } }[] };
  const report = async () => (await ask(ports.nginx, "/report/report.json?window=1h")) as unknown as Report;
  const repair = async () => (await report()).services.find(({ service }) => service === "rubik-agent.service")?.repair;
  await m.waitFor("the report has it", async () => (await repair())?.outages === 1, 20_000, 500);
  t.equal((await repair())?.mttr_seconds, (Number(to) - Number(from)) / 1000, "its length is the mean time to repair");
  await nothingIsLost(t);
});

await step("a restart, another deploy and a rollback lose nothing", async (t) => {
  await m.stdout("systemctl --user restart db.service recurrent-processor.service");
  await nothingIsLost(t);
  await source(["db", "recurrent-processor"].map((name) => dropIn(name as Name, "[Container]\\nEnvironment=CHANGED=yes\\n")).join("\n"));
  const changed = await deploy();
  t.equal(changed.exitCode, 0, changed.stderr);
  t.equal(await m.stdout("podman exec phoenix-db printenv CHANGED"), "yes");
  await nothingIsLost(t);
  const back = await m.phoenix(["rollback", "--stack", "phoenix"], { timeoutMs: 120_000 });
  t.equal(back.exitCode, 0, back.stderr);
  t.not((await m.shell("podman exec phoenix-db printenv CHANGED")).exitCode, 0);
  await nothingIsLost(t);
});

/** A bad version of each, each bad in its own way; two are bad images. */
const bad = {
  db: `echo 'SELECT 1 / 0;' >../services/db/migrations/9999_broken.sql`,
  "gap-detector": `echo 'ENTRYPOINT ["python3", "-m", "no_such_module"]' >>../services/gap-detector/Containerfile`,
  "recurrent-processor": dropIn("recurrent-processor", "[Container]\\nEnvironment=PORT=8101\\n[X-Phoenix]\\nStartupDeadline=5s\\n"),
  "analysis-engine": dropIn("analysis-engine", "[Container]\\nEnvironment=TARGET_PERCENT=high\\n"),
  "rubik-agent": dropIn("rubik-agent", "[Container]\\nEnvironment=DB_NAME=nowhere\\n[X-Phoenix]\\nStartupDeadline=5s\\n"),
  nginx: "echo 'no_such_setting on;' >>nginx/conf.d/limits.conf",
} as const satisfies Readonly<Record<Name, string>>;

for (const [name, change] of Object.entries(bad) as [Name, string][]) {
  await step(`a bad ${name} is rolled back, and no other service notices`, async (t) => {
    const others = names.filter((other) => other !== name);
    const before = await invocations(others);
    await source(change, change.includes("../services/") ? [name] : []);
    const { exitCode, stdout, stderr } = await deploy();
    t.equal(exitCode, 6, stdout + stderr);
    t.match(stdout + stderr, new RegExp(`${name}\\.service`));
    t.equal(await invocations(others), before, "nobody else was restarted");
    await nothingIsLost(t);
  });
}

await step("in all that time samples were written", async (t) => {
  await writer.stop();
  const { acknowledged, stored } = await writer.look();
  t.equal(stored, acknowledged);
  t.ok(acknowledged > 1_000, `${acknowledged} samples`);
});
