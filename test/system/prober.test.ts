import { readFile } from "node:fs/promises";
import { build } from "esbuild";
import t, { type Test } from "tap";
import type { Probe, ProbeOutcome, ProbeResult, ProbeRoute } from "../../src/domain/policy.ts";
import { machine } from "../support/machine.ts";
import type { Command, Outcome } from "../support/probe-driver.ts";
import { fakeServers } from "../support/probe-fakes.ts";

t.setTimeout(180_000);
const m = await machine(t);
await m.loadTestImage();

/** Installed as the installer would: ~/.local/share/phoenix/<version>, the link `current`, and the real unit file. */
const bundled = await build({
  entryPoints: ["test/support/probe-driver.ts"],
  write: false,
  bundle: true,
  platform: "node",
  target: "node20",
  format: "esm",
  minify: true,
  logLevel: "warning",
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
});
await m.writeFile(".local/share/phoenix/0.0.0/phoenix.mjs", bundled.outputFiles[0]?.text ?? "");
await m.writeFile(".config/systemd/user/phoenix-prober.service", await readFile("systemd/phoenix-prober.service", "utf8"));
await m.writeFile("fakes.mjs", fakeServers);
await m.stdout(`ln -s 0.0.0 .local/share/phoenix/current && systemctl --user daemon-reload
podman network create front && podman network create --internal inner
podman network create --internal --disable-dns blind && podman network create --disable-dns nameless
run() { podman run --detach --quiet --pull=never "$@"; }
image=localhost/phoenix-test/server:latest
run --name web --network front --user app --userns keep-id $image
run --name inner --network inner $image
run --name blind --network blind $image
run --name nameless --network nameless $image
podman pod create --name duo --network front && run --name duo-app --pod duo $image
run --name onhost --network host --env PORT=${m.port(0)} $image
run --name alone $image
run --name dead --publish 127.0.0.1:${m.port(1)}:8080 $image no-listener
run --name checked --network none --health-interval=disable --health-cmd 'cat /tmp/well' $image
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out cert.pem -subj /CN=stranger -days 2 2>/dev/null
systemd-run --user --unit=fakes --collect --working-directory=$HOME node fakes.mjs ${m.port(2)}`);

async function drive(commands: readonly Command[]): Promise<readonly Outcome[]> {
  const entry = `${m.home}/.local/share/phoenix/current/phoenix.mjs`;
  const result = await m.run(["env", "--unset=NODE_OPTIONS", "node", entry, "drive"], {
    input: JSON.stringify(commands),
    timeoutMs: 120_000,
  });
  if (result.exitCode !== 0) throw new Error(result.stderr);
  return JSON.parse(result.stdout) as readonly Outcome[];
}

const http = (path = "/", port = 8080, tls = false): Probe => ({ kind: "http", tls, port, path });
const tcp: Probe = { kind: "tcp", port: 8080 };
const exec = (...argv: readonly string[]): Probe => ({ kind: "exec", argv });
const onNetwork = (network: string, name: string): ProbeRoute => ({ via: "prober", network, name });
const onHost = (port: number): ProbeRoute => ({ via: "host", host: "127.0.0.1", port });
const inside = (container: string): ProbeRoute => ({ via: "container", container });
const asked = (probe: Probe, route: ProbeRoute, timeoutMs = 3_000) => ({ probe, route, timeoutMs });
const front = onNetwork("front", "web");
const only = (outcome: Outcome | undefined): ProbeResult => outcome?.results[0] ?? { outcome: "error", detail: "nothing", latencyMs: 0 };

type Row = readonly [name: string, probe: Probe, route: ProbeRoute, outcome: ProbeOutcome, detail: RegExp];

/** One driver process asks them all; each row is a test of its own. */
async function table(t: Test, rows: readonly Row[], timeoutMs = 3_000): Promise<void> {
  const outcomes = await drive(rows.map(([, probe, route]) => ({ ask: asked(probe, route, timeoutMs) })));
  for (const [index, [name, , , outcome, detail]] of rows.entries()) {
    const got = only(outcomes[index]);
    t.ok(got.outcome === outcome && detail.test(got.detail), name, { got, wanted: { outcome, detail: String(detail) } });
  }
}

t.test("every route reaches its container, and none of them guesses", async (t) => {
  await table(t, [
    ["a bridge network is reached by name, and the prober is started on demand", http(), front, "success", /^HTTP 200$/],
    ["tcp over a bridge network", tcp, front, "success", /^connected$/],
    ["a closed port is a failure", { kind: "tcp", port: 81 }, front, "failure", /^connection refused$/],
    ["a name that the network does not know is a failure", tcp, onNetwork("front", "nobody"), "failure", /^no such name: nobody$/],
    ["a name with a dot does not leave the machine", tcp, onNetwork("front", "no.body"), "failure", /^no such name/],
    ["an internal network is reached", http(), onNetwork("inner", "inner"), "success", /^HTTP 200$/],
    ["a container of another network is not", http(), onNetwork("inner", "web"), "failure", /^no such name/],
    ["a network without DNS is reached by address", http(), onNetwork("nameless", "nameless"), "success", /^HTTP 200$/],
    [
      "an internal network without DNS is an error, never a verdict",
      http(),
      onNetwork("blind", "blind"),
      "error",
      /^no interface covers \d/,
    ],
    ["a network that is not there is an error", http(), onNetwork("gone", "web"), "error", /no network gone/],
    ["a pod answers by its own name", http(), onNetwork("front", "duo"), "success", /^HTTP 200$/],
    ["the host network is asked from the machine", http(), onHost(m.port(0)), "success", /^HTTP 200$/],
    ["a port proxy before a dead container is a failure", tcp, onHost(m.port(1)), "failure", /closed/],
    ["nobody on a port of the machine is a failure", tcp, onHost(m.port(19)), "failure", /^connection refused$/],
    ["pasta without a published port is asked inside", http(), { via: "namespace", container: "alone" }, "success", /^HTTP 200$/],
    ["its closed port is a failure", { kind: "tcp", port: 81 }, { via: "namespace", container: "alone" }, "failure", /refused/],
    ["a container that is not there is a failure", http(), { via: "namespace", container: "gone" }, "failure", /not running/],
    ["systemd's word is not asked here", { kind: "unit" }, { via: "systemd" }, "error", /unit state/],
  ]);
});

t.test("HTTP is judged as the kubelet does", async (t) => {
  const fakes = onHost(m.port(2));
  const secure = onHost(m.port(3));
  await table(
    t,
    [
      ["500 is a failure", http("/500"), fakes, "failure", /^HTTP 500$/],
      ["399 is a success", http("/399"), fakes, "success", /^HTTP 399$/],
      ["400 is a failure", http("/400"), fakes, "failure", /^HTTP 400$/],
      ["a change of protocol is a failure", http("/101"), fakes, "failure", /^HTTP 101$/],
      ["a redirect within the host is followed", http("/to/500"), fakes, "failure", /^HTTP 500$/],
      ["a redirect loop is a failure", http("/loop"), fakes, "failure", /^more than 10 redirects$/],
      [
        "a redirect to another host is a warning",
        http("/away"),
        fakes,
        "success",
        /^HTTP 302, redirect to another host not followed \(example\.org\)$/,
      ],
      ["an endless body is cut off", http("/endless"), fakes, "success", /^HTTP 200$/],
      ["a body that breaks off is a failure", http("/torn"), fakes, "failure", /^connection closed$/],
      ["a slow drip is bounded by the timeout", http("/drip"), fakes, "failure", /^no answer within 800 ms$/],
      ["silence is bounded by the timeout", http("/silence"), fakes, "failure", /^no answer within 800 ms$/],
      ["a self-signed certificate is accepted", http("/", 443, true), secure, "success", /^HTTP 200$/],
      ["https asked of a plain server is a failure", http("/", 443, true), fakes, "failure", /^TLS|closed/],
      ["another protocol is a failure", http(), onHost(m.port(4)), "failure", /^not an HTTP answer/],
    ],
    800,
  );
});

t.test("databases are judged by their first words", async (t) => {
  const postgres: Probe = { kind: "postgres", port: 5432 };
  const redis: Probe = { kind: "redis", port: 6379 };
  await table(t, [
    ["a password request is a success", postgres, onHost(m.port(5)), "success", /^accepts connections$/],
    ["57P03 is a failure: starting up", postgres, onHost(m.port(6)), "failure", /57P03/],
    ["a missing database is a success: it serves", postgres, onHost(m.port(7)), "success", /3D000/],
    ["a stranger is a failure", postgres, onHost(m.port(2)), "failure", /not a postgres answer|closed/],
    ["PONG is a success", redis, onHost(m.port(8)), "success", /^PONG$/],
    ["a wish for a password is a success", redis, onHost(m.port(9)), "success", /NOAUTH/],
    ["LOADING is a failure", redis, onHost(m.port(10)), "failure", /LOADING/],
  ]);
});

t.test("a switched container is seen at once, and a hang ends at the timeout", async (t) => {
  const mode = (name: string) => ({ shell: `podman exec web sh -c 'echo ${name} >/tmp/mode'` });
  const [, failing, , away, , hung, , many, , well] = await drive([
    mode("fail"),
    { ask: asked(http(), front) },
    mode("redirect"),
    { ask: asked(http(), front) },
    mode("hang"),
    { ask: asked(http(), front, 700) },
    mode("hang"),
    { ask: asked(http(), front, 700), times: 30, atOnce: true },
    mode("serve"),
    { ask: asked(http(), front) },
  ]);
  t.match(only(failing), { outcome: "failure", detail: "HTTP 500" }, "500 is a failure");
  t.match(only(away), { outcome: "success", detail: /another host not followed/ }, "a redirect elsewhere is a warning");
  t.match(only(hung), { outcome: "failure", detail: "no answer within 700 ms" }, "a hang is a failure");
  t.ok(only(hung).latencyMs >= 699 && only(hung).latencyMs < 950, "at the timeout, not later", only(hung));
  t.ok((many?.wallMs ?? 9e9) < 2_000, "thirty hung probes wait side by side", { wallMs: many?.wallMs });
  t.match(only(well), { outcome: "success" }, "and it recovers");
});

t.test("exec and podman probes leave nothing behind", async (t) => {
  const fork = "trap '' TERM; sleep 1111 & setsid sleep 1112 & env -i sleep 1113 & sleep 1114; sleep 1115";
  const sleeping = async () => (await m.stdout("ps -eo pid,args | grep -E '[s]leep 111[0-9]' || true")).split("\n").filter(Boolean);
  const outcomes = await drive([
    { ask: asked(exec("true"), inside("web")) },
    { ask: asked(exec("sh", "-c", "exit 3"), inside("web")) },
    { ask: asked(exec("sh", "-c", "echo Error: mine >&2; no-such-program"), inside("web")) },
    { ask: asked(exec("no-such-program"), inside("web")) },
    { ask: asked(exec("true"), inside("gone")) },
    { ask: asked(exec("yes"), inside("web"), 900) },
    { ask: asked({ kind: "podman" }, inside("checked")) },
    { shell: "podman exec checked touch /tmp/well" },
    { ask: asked({ kind: "podman" }, inside("checked")) },
    { ask: asked({ kind: "podman" }, inside("web")) },
    { ask: asked(exec("sh", "-c", fork), inside("web"), 700), times: 15 },
    // Ends while its children are being killed.
    { ask: asked(exec("sh", "-c", fork.replace("sleep 1115", "sleep 0.8")), inside("web"), 700), times: 5 },
    { ask: asked(exec("true"), inside("web")) },
  ]);
  const [yes, no, shellMissing, missing, gone, endless, unwell, , well, none] = outcomes.map(only);
  t.match(yes, { outcome: "success" }, "exit code 0 is a success");
  t.match(no, { outcome: "failure", detail: "exit code 3" }, "another exit code is a failure");
  t.match(shellMissing, { outcome: "failure", detail: "exit code 127" }, "a command that a shell misses is a failure");
  t.match(missing, { outcome: "error", detail: /no-such-program/ }, "a command that cannot be started is an error");
  t.match(gone, { outcome: "failure", detail: "the container is not running" }, "no container is a failure");
  t.match(endless, { outcome: "failure", detail: /killed/ }, "endless output ends at the timeout");
  t.match(unwell, { outcome: "failure" }, "a failing HealthCmd is a failure");
  t.match(well, { outcome: "success" }, "a passing HealthCmd is a success");
  t.match(none, { outcome: "error" }, "no HealthCmd is an error");
  const hung = outcomes.at(-3);
  t.equal(hung?.results.length, 15);
  // On a machine so busy that podman did not come to start it, a probe is an error.
  const outcomesOfHang = hung?.results.map(({ outcome }) => outcome) ?? [];
  t.ok(outcomesOfHang.filter((outcome) => outcome === "failure").length >= 8, "a hang is a failure", { results: hung?.results });
  t.notOk(outcomesOfHang.includes("success"), "and never a success");
  t.comment(`a hung exec probe of 700 ms took ${Math.round((hung?.wallMs ?? 0) / 15)} ms with its killing`);
  t.match(only(outcomes.at(-1)), { outcome: "success" }, "the next one is not held up");
  t.strictSame(await sleeping(), [], "not one process is left of twenty");
  t.equal(await m.stdout("podman container inspect --format '{{len .ExecIDs}}' web"), "0", "nor an exec session");
});

t.test("a hung HealthCmd is killed, and what a person runs in the container is not", async (t) => {
  await m.stdout(`podman run --detach --quiet --name stuck --network none --health-interval=disable --health-cmd 'sleep 1211' \
    localhost/phoenix-test/server:latest && podman exec --detach stuck sleep 1212`);
  const [hung] = await drive([{ ask: asked({ kind: "podman" }, inside("stuck"), 900), times: 3 }]);
  t.ok(
    hung?.results.every(({ outcome, detail }) => outcome === "failure" && detail.includes("killed")),
    "a failure every time",
    { hung },
  );
  t.equal(await m.stdout("podman top stuck args | grep -c '[s]leep 121'"), "1", "the person's process lives, ours do not");
  t.match(await m.stdout("podman top stuck args"), "sleep 1212");
});

t.test("the prober heals itself, and never turns its own trouble into a verdict", async (t) => {
  const service = "phoenix-prober.service";
  // The journal outlives test users, and their ids are used again.
  const since = await m.stdout("date +%s");
  const wait = { ask: asked(http(), front, 500), until: "success", deadlineMs: 30_000 } as const;
  const [before, , migrated, , killed, , stopped, , frozen] = await drive([
    wait,
    { shell: "podman system migrate; podman start web" },
    wait,
    { shell: `systemctl --user kill --signal=KILL ${service}` },
    wait,
    { shell: `systemctl --user stop ${service}` },
    wait,
    { shell: `systemctl --user kill --signal=STOP ${service}` },
    wait,
  ]);
  const check = (name: string, outcome: Outcome | undefined) => {
    t.comment(`${name}: success after ${Math.round(outcome?.wallMs ?? 0)} ms`);
    t.equal(outcome?.results.at(-1)?.outcome, "success", `${name}: probes succeed again`);
    t.notOk(
      outcome?.results.some((result) => result.outcome === "failure"),
      `${name}: no failure in between`,
      { results: outcome?.results },
    );
  };
  check("before", before);
  check("migrated", migrated);
  t.ok(
    migrated?.results.some(({ detail }) => detail.startsWith("no interface covers")),
    "the stale namespace was noticed",
    { migrated },
  );
  check("killed", killed);
  check("stopped", stopped);
  check("frozen", frozen);
  const journal = await m.stdout(`journalctl --user --unit ${service} --since @${since} --output cat`);
  t.match(journal, "Only the loopback interface is left");
  t.notMatch(journal, "Failed with result 'exit-code'", "a stop or a renewal does not look like a failure");
});

t.test("a network that is made anew with other addresses is found again", async (t) => {
  const make = (subnet: string) => `podman network create --subnet ${subnet} moved
    podman run --detach --quiet --name mover --network moved localhost/phoenix-test/server:latest`;
  const ask = asked(http(), onNetwork("moved", "mover"), 500);
  const [, first, , second] = await drive([
    { shell: make("10.201.1.0/24") },
    { ask, until: "success", deadlineMs: 5_000 },
    { shell: `podman rm --force --time 0 mover; podman network rm moved; sleep 5; ${make("10.201.2.0/24")}` },
    { ask, until: "success", deadlineMs: 15_000 },
  ]);
  t.equal(first?.results.at(-1)?.outcome, "success");
  t.equal(second?.results.at(-1)?.outcome, "success");
  t.match(second?.results[0], { outcome: "error", detail: "no interface covers 10.201.1.1" }, "the old gateway is noticed, not asked");
});

t.test("the prober's socket is private, and a left-over one does not stop it", async (t) => {
  await m.stdout("systemctl --user kill --signal=KILL phoenix-prober.service; systemctl --user stop phoenix-prober.service");
  t.equal(await m.stdout('test -S "$XDG_RUNTIME_DIR/phoenix/prober.sock" && echo left'), "left", "a killed prober leaves its socket");
  const [again] = await drive([{ ask: asked(http(), front, 500), until: "success", deadlineMs: 10_000 }]);
  t.equal(again?.results.at(-1)?.outcome, "success");
  t.equal(await m.stdout('stat --format %a "$XDG_RUNTIME_DIR/phoenix" "$XDG_RUNTIME_DIR/phoenix/prober.sock"'), "700\n600");
  const nonsense = `const s = require("net").connect(process.env.XDG_RUNTIME_DIR + "/phoenix/prober.sock", () => s.write(process.argv[1]));
    s.on("data", (d) => { console.log(String(d)); s.destroy(); }); s.on("close", () => console.log("closed"));`;
  const say = async (text: string) => await m.stdout(`unset NODE_OPTIONS; node -e '${nonsense}' "$LINE"`, { env: { LINE: text } });
  t.equal(await say("{]\n"), "closed", "what is not a request ends the connection");
  const direct = { id: 1, question: { probe: tcp, timeoutMs: 500, target: { kind: "direct", host: "192.0.2.1", port: 80 } } };
  t.match(await say(`${JSON.stringify(direct)}\n`), /networks only/, "it does not connect to plain addresses");
});

t.test("a probe costs a fraction of a health check", async (t) => {
  const usage = async () => Number(await m.stdout("systemctl --user show --property CPUUsageNSec --value phoenix-prober.service")) / 1e6;
  await drive([{ ask: asked(http(), front), times: 20 }]);
  const before = await usage();
  const [outcome] = await drive([{ ask: asked(http(), front), times: 300 }]);
  const probeMs = ((await usage()) - before) / 300;
  t.ok(outcome?.results.every((result) => result.outcome === "success"));
  const latencies = (outcome?.results ?? []).map(({ latencyMs }) => latencyMs).sort((a, b) => a - b);
  const times = await m.stdout(
    "podman start checked; for i in 1 2 3 4 5 6 7 8 9 10; do podman healthcheck run checked >/dev/null; done; times >times; tail -1 times",
  );
  const [user = 0, system = 0] = [...times.matchAll(/(\d+)m([\d.]+)s/g)].map(
    ([, minutes, seconds]) => Number(minutes) * 60 + Number(seconds),
  );
  const checkMs = ((user + system) * 1000) / 10;
  const pid = await m.stdout("pgrep --uid $UID --full '^/usr/bin/node .* prober$'");
  const memory = /^Anonymous:\s+(\d+)/m.exec(await m.stdout(`podman unshare cat /proc/${pid}/smaps_rollup`))?.[1];
  t.comment(`http probe ${probeMs.toFixed(2)} ms CPU, median ${latencies[150]} ms; podman healthcheck run ${checkMs.toFixed(0)} ms CPU`);
  t.comment(`prober: ${(Number(memory) / 1024).toFixed(1)} MiB private memory`);
  t.ok(probeMs * 10 < checkMs, "at least ten times cheaper", { probeMs, checkMs });
  t.ok(Number(memory) < 40 * 1024, "lean", { memory });
});
