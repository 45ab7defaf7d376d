import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import t, { type Test } from "tap";
import { encodeLine, type LedgerLine } from "../../src/domain/ledger.ts";
import type { DriverAnswer, DriverCall } from "../support/adapter-driver.ts";
import { type Machine, machine, type RunOptions } from "../support/machine.ts";

const m = await machine(t);
const driverPath = `${m.home}/driver.mjs`;
await m.writeFile(driverPath, await bundleDriver());

async function bundleDriver(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "adapter-driver-"));
  try {
    const outfile = join(folder, "driver.mjs");
    const banner = { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' };
    await build({
      entryPoints: ["test/support/adapter-driver.ts"],
      outfile,
      bundle: true,
      platform: "node",
      target: "node20",
      format: "esm",
      banner,
    });
    return await readFile(outfile, "utf8");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** `generations.read` with its arguments, optionally in a home of its own. */
function call(what: string, args: readonly unknown[] = [], home?: string): DriverCall {
  const [port = "", verb = ""] = what.split(".");
  return { port, verb, args, ...(home === undefined ? {} : { home }) };
}

async function ask(calls: readonly DriverCall[], options: RunOptions = {}): Promise<readonly DriverAnswer[]> {
  const result = await m.run(["node", driverPath], { timeoutMs: 120_000, ...options, input: JSON.stringify(calls) });
  if (result.exitCode !== 0) throw new Error(`driver: exit ${result.exitCode}\n${result.stderr}`);
  return JSON.parse(result.stdout) as readonly DriverAnswer[];
}

async function one(
  what: string,
  args: readonly unknown[] = [],
  options: RunOptions & { readonly home?: string } = {},
): Promise<DriverAnswer> {
  const [answer] = await ask([call(what, args, options.home)], options);
  if (answer === undefined) throw new Error("no answer");
  return answer;
}

async function value<T>(what: string, args: readonly unknown[] = [], options: RunOptions & { readonly home?: string } = {}): Promise<T> {
  const { value: found, error } = await one(what, args, options);
  if (error !== undefined) throw new Error(`${what}: ${error.code}: ${error.message}`);
  return found as T;
}

t.test("podman", async (t) => {
  await m.loadTestImage();
  await m.loadTestImage("localhost/phoenix-test/broken:1", { MODE: "exit-at-once", EXIT_CODE: "9" });

  await t.test("containers are told by stack, with their service and networks", async (t) => {
    await m.stdout(`podman network create app >/dev/null
podman run -d --name one --network app --label io.phoenix.stack=demo --label PODMAN_SYSTEMD_UNIT=one.service localhost/phoenix-test/server >/dev/null
podman run -d --name other localhost/phoenix-test/server >/dev/null`);
    const [fact, ...others] = await value<readonly Record<string, unknown>[]>("containers.list", ["demo"]);
    t.match(fact, { name: "one", state: "running", service: "one.service", networks: ["app"], imageId: /^[0-9a-f]{64}$/ });
    t.same(others, []);
    t.same(await value("containers.list", ["nobody"]), []);
  });

  await t.test("an image that is not there is undefined, and finding one needs no network", async (t) => {
    t.equal(await value("images.find", ["docker.io/library/nope:1"]), undefined);
    const found = await value<{ id: string; tags: string[] }>("images.find", ["localhost/phoenix-test/server:latest"]);
    t.match(found, { id: /^[0-9a-f]{64}$/, hasHealthcheck: false });
    t.ok(found.tags.includes("localhost/phoenix-test/server:latest"));
  });

  await t.test("a pull that fails says why in podman's words, and streams what podman prints", async (t) => {
    const { error, lines } = await one("images.pull", ["registry.invalid/team/app:1"]);
    t.match(error, { code: "pull-failed", message: /^Cannot pull registry\.invalid\/team\/app:1: .*(?:no such host|lookup|dial)/ });
    t.ok(lines.some((line) => line.includes("Trying to pull")));
  });

  await t.test("a build runs the unit's own words, and the image it returns is the one it made", async (t) => {
    await m.writeFile("ctx/Containerfile", "FROM localhost/phoenix-test/server\nENV VERSION=built\n");
    const words = ["/usr/bin/podman", "build", "--tag", "localhost/built:1", "--build-arg", "P=100%%", "%h/ctx"];
    const { value: built, lines } = await one("images.build", [words, m.home]);
    t.match(built, { tags: ["localhost/built:1"] });
    t.ok(lines.some((line) => line.startsWith("STEP 2/2")));
    await m.writeFile("bad/Containerfile", "FROM localhost/phoenix-test/server\nRUN echo because-of-this; exit 3\n");
    const failed = await one("images.build", [
      ["/usr/bin/podman", "build", "--build-arg", "TOKEN=hunter2hunter2", "--file", `${m.home}/bad/Containerfile`],
      m.home,
    ]);
    t.match(failed.error, { code: "build-failed", message: /exit status 3/ });
    t.ok(failed.lines.includes("because-of-this"));
    t.notMatch(JSON.stringify(failed.error), /hunter2/);
    t.equal(await m.stdout(`ls $XDG_RUNTIME_DIR/phoenix`), "", "nothing temporary is left");
  });

  await t.test("a tag keeps an image, and losing the tag leaves the image's other names alone", async (t) => {
    const { id } = await value<{ id: string }>("images.find", ["localhost/built:1"]);
    const tag = `localhost/phoenix/demo/web:${id.slice(0, 12)}`;
    const [, kept, , again, left] = await ask([
      call("images.tag", [id, tag]),
      call("images.kept", ["demo"]),
      call("images.untag", [tag]),
      call("images.untag", [tag]),
      call("images.find", ["localhost/built:1"]),
    ]);
    t.same(kept?.value, [{ tag, id }]);
    t.equal(again?.error, undefined, "a tag that is gone is no failure");
    t.match(left?.value, { tags: ["localhost/built:1"] });
    t.same(await value("images.kept", ["demo"]), []);
  });

  await t.test("networks, volumes and secrets come with their labels; removing is repeatable and never by force", async (t) => {
    await m.stdout(`podman network create --internal --subnet 10.97.0.0/24 --label io.phoenix.stack=demo inner >/dev/null
podman volume create --label io.phoenix.stack=demo data >/dev/null`);
    const [networks, volumes, inUse, removed, repeated, gone] = await ask([
      call("objects.networks"),
      call("objects.volumes"),
      call("objects.removeNetwork", ["app"]),
      call("objects.removeNetwork", ["inner"]),
      call("objects.removeNetwork", ["inner"]),
      call("objects.removeVolume", ["data"]),
    ]);
    const inner = (networks?.value as readonly { name: string }[]).find(({ name }) => name === "inner");
    t.match(inner, { labels: { "io.phoenix.stack": "demo" }, subnets: ["10.97.0.0/24"], gateways: [], internal: true, dnsEnabled: true });
    t.match(volumes?.value, [{ name: "data", labels: { "io.phoenix.stack": "demo" }, mountPath: /\/data\/_data$/ }]);
    t.match(inUse?.error, { code: "podman-failed", message: /^Cannot remove the network app: .*being used/ });
    t.equal(await m.stdout("podman inspect -f '{{.State.Running}}' one"), "true");
    t.same([removed?.error, repeated?.error, gone?.error], [undefined, undefined, undefined]);
  });

  await t.test("a secret is made once, by stdin, and stands in no argument, output or file of ours", async (t) => {
    // Every program started meanwhile, with all of its arguments.
    const trace = `${m.home}/trace`;
    const input = JSON.stringify([
      call("objects.generateSecret", ["db-password", "demo"]),
      call("objects.generateSecret", ["db-password", "demo"]),
    ]);
    const result = await m.run(["strace", "-f", "-qq", "-s", "9999", "-e", "trace=execve", "-o", trace, "node", driverPath], { input });
    t.equal(result.exitCode, 0, result.stderr);
    const secret = await m.stdout("podman secret inspect --showsecret --format '{{.SecretData}}' db-password");
    t.match(secret, /^[\w-]{43}$/);
    t.equal(await m.stdout("podman secret inspect --format '{{index .Spec.Labels \"io.phoenix.stack\"}}' db-password"), "demo");
    const seen = await m.readFile(trace);
    t.match(seen, /"secret", "create"/);
    t.notOk(seen.includes(secret) || result.stdout.includes(secret) || result.stderr.includes(secret));
    t.same(await value("objects.secrets"), ["db-password"]);
    t.match((await one("objects.generateSecret", ["--help", "demo"])).error, { code: "unit-value" });
  });

  await t.test("a rehearsal runs beside the live container with its settings and without its ports, address and names", async (t) => {
    await m.stdout(`podman network create --subnet 10.96.0.0/24 stage >/dev/null
podman run -d --name web --network stage:ip=10.96.0.9 --network-alias site -p 127.0.0.1:${m.port()}:8080 localhost/phoenix-test/server >/dev/null`);
    const words = ["/usr/bin/podman", "run", "--name", "web", "--cidfile=%t/%N.cid", "--replace", "--rm", "--cgroups=split"];
    words.push(
      "--network",
      "stage:ip=10.96.0.9,alias=site",
      "--network-alias",
      "site",
      "--sdnotify=conmon",
      "-d",
      "-p",
      `127.0.0.1:${m.port()}:8080`,
    );
    words.push(
      "--env",
      "PRICE=100%% of 5$$",
      "--label",
      "io.phoenix.stack=demo",
      "-v",
      "%h/ctx:/ctx:ro",
      "localhost/phoenix-test/server",
      "serve",
      "8081",
    );
    const name = await value<string>("containers.rehearse", ["web.service", words]);
    t.equal(name, "phoenix-rehearse-web");
    const [shown] = JSON.parse(await m.stdout(`podman inspect ${name}`)) as readonly {
      Config: { Env: string[]; Cmd: string[]; Labels: Record<string, string> };
      HostConfig: { PortBindings: object };
      NetworkSettings: { Networks: Record<string, { Aliases: string[]; IPAddress: string }> };
    }[];
    t.ok(shown?.Config.Env.includes("PRICE=100% of 5$"));
    t.same(shown?.Config.Cmd, ["serve", "8081"]);
    t.match(shown?.Config.Labels, { "phoenix.rehearse": "1", "io.phoenix.stack": "demo" });
    t.same(shown?.HostConfig.PortBindings, {});
    t.notOk(shown?.NetworkSettings.Networks["stage"]?.Aliases.includes("site"));
    t.equal((await m.http(m.port())).status, 200, "the live one still answers");
    const [live, again, , gone] = await ask([
      call("containers.exitCode", [name]),
      call("containers.rehearse", ["web.service", words]),
      call("containers.remove", [name]),
      call("containers.remove", [name]),
    ]);
    t.equal(live?.value, undefined);
    t.equal(again?.error, undefined, "one that was left behind is replaced");
    t.equal(gone?.error, undefined);
    t.equal(await m.stdout("podman ps -aq --filter label=phoenix.rehearse=1"), "");
  });

  await t.test("a rehearsal that ends tells its exit code, and one that cannot start leaves nothing", async (t) => {
    const run = ["podman", "run", "-d", "--rm"];
    const name = await value<string>("containers.rehearse", ["bad.service", [...run, "localhost/phoenix-test/broken:1"]]);
    await m.waitFor("it ends", async () => (await value("containers.exitCode", [name])) === 9, 10_000);
    const none = await one("containers.rehearse", [
      "none.service",
      [...run, "--env", "PASSWORD=correcthorse", "localhost/phoenix-test/server", "serve"],
    ]);
    t.equal(none.error, undefined);
    const missing = await one("containers.rehearse", [
      "miss.service",
      [...run, "--entrypoint", "/correcthorse", "--env", "PASSWORD=correcthorse", "localhost/phoenix-test/server"],
    ]);
    t.match(missing.error, { code: "podman-failed", message: /^Cannot start miss\.service beside the live one: / });
    t.notMatch(JSON.stringify(missing.error), /correcthorse/);
    t.equal(await m.stdout("podman ps -aq --filter name=phoenix-rehearse-miss"), "");
    const inPod = await one("containers.rehearse", ["pod.service", [...run, "--pod", "x", "localhost/phoenix-test/server"]]);
    t.match(inPod.error, { message: "Cannot rehearse pod.service: it runs in a pod." });
    const specifier = await one("containers.rehearse", ["v.service", [...run, "--env", "A=${HOME}", "localhost/phoenix-test/server"]]);
    t.match(specifier.error, { message: /variable that systemd alone knows/ });
  });

  await t.test("a podman that hangs ends at the deadline, with all its children", async (t) => {
    await m.writeFile("fake/podman", "#!/bin/sh\ntrap '' TERM\nsleep 987654 &\nwait\n");
    await m.stdout("chmod +x ~/fake/podman");
    const env = { PATH: `${m.home}/fake:/usr/bin:/bin`, DRIVER_TIMEOUT_MS: "300" };
    const started = performance.now();
    const { error } = await one("objects.networks", [], { env });
    t.match(error, { code: "podman-timeout", message: "Cannot list networks: podman did not answer within 300 ms." });
    t.ok(performance.now() - started < 8_000);
    t.equal(await m.stdout("pgrep -u $UID -f 'sleep 98765[4]' || true"), "");
    await m.writeFile(
      "fake/podman",
      "#!/bin/sh\nenv | grep -c -E '^(LISTEN_|NOTIFY_|WATCHDOG_|INVOCATION_|JOURNAL_|CONTAINER_HOST)' >&2; exit 1\n",
    );
    const dirty = {
      LISTEN_FDS: "1",
      LISTEN_PID: "1",
      NOTIFY_SOCKET: "/x",
      WATCHDOG_USEC: "1",
      INVOCATION_ID: "a",
      JOURNAL_STREAM: "1:2",
      CONTAINER_HOST: "unix:///x",
    };
    t.match((await one("objects.networks", [], { env: { ...env, ...dirty } })).error, { message: "Cannot list networks: 0." });
    await m.writeFile("fake/podman", "#!/bin/sh\necho '[{\"name\":7}]'\n");
    t.match((await one("objects.networks", [], { env })).error, { code: "podman-failed", message: /not what this version knows/ });
  });

  await t.test("a published port without a listener behind it does not count as answering", async (t) => {
    const ports = [m.port(1), m.port(2), m.port(3)];
    await m.stdout(`podman run -d --name empty -p 127.0.0.1:${ports[0]}:9999 localhost/phoenix-test/server >/dev/null
podman run -d --name full -p 127.0.0.1:${ports[1]}:8080 localhost/phoenix-test/server >/dev/null`);
    await m.waitFor("it listens", async () => (await m.http(ports[1] ?? 0)).status === 200, 10_000);
    t.ok((await m.shell(`exec 3<>/dev/tcp/127.0.0.1/${ports[0]}`)).exitCode === 0, "the proxy does accept");
    const [empty, full, nobody, any] = await ask([
      call("host.accepts", ["127.0.0.1", ports[0], 2_000]),
      call("host.accepts", ["127.0.0.1", ports[1], 2_000]),
      call("host.accepts", ["127.0.0.1", ports[2], 2_000]),
      call("host.accepts", ["0.0.0.0", ports[1], 2_000]),
    ]);
    t.same([empty?.value, full?.value, nobody?.value, any?.value], [false, true, false, true]);
    const listeners = await value<readonly { address: string; port: number; owner?: string }[]>("host.listeners");
    t.match(
      listeners.find(({ port }) => port === ports[1]),
      { address: "127.0.0.1", owner: /^(?:rootlessport|exe|pasta).* \(pid \d+\)$/ },
    );
  });
});

t.test("the generator", async (t) => {
  await t.test("accepts good files, tells its own version, and leaves nothing behind", async (t) => {
    const files = {
      "web.container": "[Container]\nImage=localhost/a:1\nNetwork=app.network\n[X-Phoenix]\nPeriod=5s\n",
      "app.network": "[Network]\n",
    };
    const [version, generated] = await ask([call("generator.version"), call("generator.generate", [files])]);
    t.equal(version?.value, (await m.stdout("/usr/lib/systemd/user-generators/podman-user-generator -version")).trim());
    const { units, messages } = generated?.value as { units: readonly { service: string; text: string }[]; messages: readonly string[] };
    t.same(messages, []);
    t.same(
      units.map(({ service }) => service),
      ["app-network.service", "web.service"],
    );
    t.match(units[1]?.text, /ExecStart=.*podman run .*--network systemd-app .*localhost\/a:1/);
    t.same(await value("generator.verify", [units]), { messages: [], foreign: [] });
    t.equal(await m.stdout(`ls $XDG_RUNTIME_DIR/phoenix; ls $XDG_RUNTIME_DIR/systemd/generator | grep web || true`), "");
  });

  await t.test("every line it prints is a message that names the file", async (t) => {
    const bad: Readonly<Record<string, string>> = {
      "unknown key": "[Container]\nImage=a\nPublishPorts=80\n",
      "missing network": "[Container]\nImage=a\nNetwork=none.network\n",
      "no key=value": "[Container]\nImage=a\nhello\n",
      "bad type": "[Container]\nImage=a\n[Service]\nType=simple\n",
    };
    const answers = await ask(Object.values(bad).map((text) => call("generator.generate", [{ "web.container": text }])));
    for (const [index, name] of Object.keys(bad).entries()) {
      const { messages } = answers[index]?.value as { messages: readonly string[] };
      t.match(messages.join("\n"), /web\.container/, name);
      t.notMatch(messages.join("\n"), /quadlet-generator|stage-/, name);
    }
    t.match((await one("generator.generate", [{ "../x.container": "" }])).error, { code: "preflight-failed" });
  });

  await t.test("verify refuses what systemd would only mention, and tells foreign units apart", async (t) => {
    const unit = (lines: string): string => `[Unit]\n${lines}\n[Service]\nType=oneshot\nExecStart=/bin/true\n`;
    const typo = (line: string): readonly [unknown] => [[{ service: "web.service", text: `${unit("Description=x")}${line}\n` }]];
    await m.writeFile(".config/systemd/user/foreign.service", "[Service]\nExecStart=/bin/true\nRetsart=no\n");
    const [key, span, requires, foreign] = await ask([
      call("generator.verify", typo("Retsart=no")),
      call("generator.verify", typo("TimeoutStartSec=banana")),
      call("generator.verify", [[{ service: "web.service", text: unit("Requires=missing.service") }]]),
      call("generator.verify", [[{ service: "web.service", text: unit("Wants=foreign.service") }]]),
    ]);
    t.match(key?.value, { messages: [/^web\.service:\d+: .*Retsart/], foreign: [] });
    t.match(span?.value, { messages: [/^web\.service:\d+: .*banana/] });
    t.match((requires?.value as { messages: readonly string[] }).messages.join("\n"), /missing\.service/);
    t.match(foreign?.value, { messages: [], foreign: [/foreign\.service:3: .*Retsart/] });
    await m.stdout("rm ~/.config/systemd/user/foreign.service");
  });
});

t.test("foreign units, disks and subnets", async (t) => {
  await m.writeFile(".config/systemd/user/db.service", "[Service]\nExecStart=/bin/true\n");
  await m.writeFile(".config/containers/systemd/sub/web.container", "[Container]\nImage=a\n");
  await m.writeFile(".config/containers/systemd/other.container", "[Container]\nImage=a\nServiceName=renamed\n");
  await m.writeFile(".config/containers/systemd/phoenix/demo/mine.container", "[Container]\nImage=a\n");
  const names = ["db.service", "web.service", "renamed.service", "mine.service", "dbus.service", "free.service"];
  const [foreign, bytes, subnets] = await ask([
    call("host.foreignUnits", [names]),
    call("host.freeBytes", [`${m.home}/not/there/yet`]),
    call("host.subnets"),
  ]);
  const found = foreign?.value as readonly { name: string; path: string }[];
  t.same(found.map(({ name, path }) => [name, path.replace(m.home, "~")]).sort(), [
    ["db.service", "~/.config/systemd/user/db.service"],
    ["dbus.service", "/usr/lib/systemd/user/dbus.service"],
    ["renamed.service", "~/.config/containers/systemd/other.container"],
    ["web.service", "~/.config/containers/systemd/sub/web.container"],
  ]);
  t.ok((bytes?.value as number) > 1_000_000);
  const own = subnets?.value as readonly { subnet: string; owner: string }[];
  t.ok(own.length > 0);
  for (const { subnet } of own) t.match(subnet, /^[\da-f.:]+\/\d+$/);
  const cidr = await m.stdout("ip -4 -o route show scope link | awk '{print $1; exit}'");
  if (cidr !== "")
    t.ok(
      own.some(({ subnet }) => subnet === cidr),
      `${cidr} among ${own.map(({ subnet }) => subnet).join(" ")}`,
    );
  await m.stdout("rm -r ~/.config/containers ~/.config/systemd/user/db.service");
});

t.test("a source folder is listed without being changed or followed outside", async (t) => {
  const src = `${m.home}/src`;
  await m.stdout(`mkdir -p ~/src/web.container.d ~/src/conf ~/src/.git ~/src/bad.container ~/src/ctx/deep
cd ~/src
printf '[Container]\\nImage=a\\n' >web.container
printf '[Container]\\nHostName=x\\n' >web.container.d/10.conf
printf '[Container]\\n\\xff' >latin.container
head -c 1100000 /dev/zero >huge.container
printf 'services: {}\\n' >compose.yaml
printf 'x' >.git/config; printf 'listen 80;' >conf/a.conf; printf 'deep' >ctx/deep/file
ln -s a.conf conf/link.conf; ln -s /etc/passwd outside.container; ln -s nowhere dangling.container; ln -s web.container linked.container`);
  const folder = await value<{ root: string; entries: readonly { kind: string; path: string }[]; texts: Record<string, string> }>(
    "source.read",
    [src],
  );
  t.equal(folder.root, src);
  t.same(Object.keys(folder.texts).sort(), ["compose.yaml", "linked.container", "web.container", "web.container.d/10.conf"]);
  const entry = (path: string): unknown => folder.entries.find((one) => one.path === path);
  t.match(entry("bad.container"), { kind: "folder" });
  t.match(entry("outside.container"), { kind: "link", target: "/etc/passwd", inside: false });
  t.match(entry("linked.container"), { kind: "link", target: `${src}/web.container`, inside: true });
  t.match(entry("huge.container"), { kind: "file", sizeBytes: 1_100_000 });
  t.match(entry("ctx/deep/file"), { kind: "file", sizeBytes: 4 });
  t.notOk(entry(".git") ?? entry(".git/config"));
  t.equal((entry("dangling.container") as { target?: string }).target, undefined);

  const digest = async (path: string): Promise<DriverAnswer> => await one("source.digest", [src, path]);
  const first = await digest("conf");
  t.match(first.value, { kind: "folder", sizeBytes: 10, digest: /^[0-9a-f]{64}$/ });
  t.equal(
    (await value<{ digest: string }>("source.digest", [src, "conf/a.conf"])).digest,
    (await m.stdout("sha256sum ~/src/conf/a.conf")).slice(0, 64),
  );
  for (const change of ["chmod +x conf/a.conf", "mv conf/a.conf conf/b.conf", "echo >conf/c.conf", "ln -sfn b.conf conf/link.conf"]) {
    const before = (await digest("conf")).value;
    await m.stdout(`cd ~/src && ${change}`);
    t.notSame((await digest("conf")).value, before, change);
  }
  await m.stdout("ln -s ../../secret ~/src/conf/leak; truncate -s 80M ~/src/ctx/large");
  t.match((await digest("conf")).error, { code: "link-outside" });
  t.match((await digest("outside.container")).error, { code: "link-outside" });
  t.match((await digest("../x")).error, { code: "file-unreadable" });
  t.match((await digest("ctx")).value, { sizeBytes: 80 * 1024 * 1024 + 4 });
  t.match((await one("source.read", [`${m.home}/none`])).error, { code: "source-missing" });
});

/** A generation of one unit and two inputs, as render would make it for a home. */
function candidate(home: string, version: string, digests: { readonly conf: string; readonly env: string }): readonly [unknown, unknown] {
  const files = `${home}/state/phoenix/stacks/demo/files`;
  const inputs = [
    { source: "conf", digest: digests.conf, path: `${files}/${digests.conf}/conf`, kind: "folder", secret: false },
    { source: "app.env", digest: digests.env, path: `${files}/${digests.env}/app.env`, kind: "file", secret: true },
  ];
  const text = `[Container]\nImage=localhost/a:${version}\nEnvironmentFile=${files}/${digests.env}/app.env\n`;
  const common = { service: "web.service", object: "web", digest: version, ports: [], after: [], requires: [], networks: [], volumes: [] };
  const units = [{ file: "web.container", type: "container", text, inputs, ...common }];
  const source = `${home}/stack`;
  return [
    { schema: 1, stack: "demo", source, digest: version, contentDigest: version, generatorVersion: "5.4.2", createdAt: 1, units },
    inputs,
  ];
}

/** Source folders with the same content in every home, and the digests of what is in them. */
async function prepare(homes: readonly string[], version: string): Promise<{ readonly conf: string; readonly env: string }> {
  await m.stdout(`for home in ${homes.join(" ")}; do mkdir -p $home/stack/conf
printf '[Container]\\nImage=localhost/a:${version}\\n' >$home/stack/web.container
printf 'listen ${version};' >$home/stack/conf/site.conf; printf 'PASSWORD=${version}' >$home/stack/app.env; done`);
  const [conf, env] = await ask(["conf", "app.env"].map((path) => call("source.digest", [`${homes[0]}/stack`, path])));
  return { conf: (conf?.value as { digest: string }).digest, env: (env?.value as { digest: string }).digest };
}

t.test("generations", async (t) => {
  const home = `${m.home}/gen`;
  const state = `${home}/state/phoenix/stacks/demo`;
  const link = `${home}/config/containers/systemd/phoenix/demo`;
  const at = { home };
  const first = await prepare([home], "1");
  t.same(await value("generations.list", ["demo"], at), []);
  t.equal(await value("generations.live", ["demo"], at), 0);
  t.match(await value("generations.write", candidate(home, "1", first), at), { number: 1, digest: "1" });
  await value("generations.switch", ["demo", 1], at);
  const second = await prepare([home], "2");
  t.match(await value("generations.write", candidate(home, "2", second), at), { number: 2 });

  await t.test("a generation is a folder with units, source, inputs and a manifest, closed to others", async (t) => {
    t.equal(
      await m.stdout(
        `cd ${state} && ls generations generations/0002 && cat generations/0002/source/web.container files/${second.conf}/conf/site.conf files/${second.env}/app.env`,
      ),
      "generations:\n0001\n0002\n\ngenerations/0002:\nmanifest.json\nsource\nunits\n[Container]\nImage=localhost/a:2\nlisten 2;PASSWORD=2",
    );
    t.equal(
      await m.stdout(`cd ${state} && stat -c %a . generations files files/${second.env}/app.env | sort -u | tr '\\n' ' '`),
      "600 700",
    );
    t.equal(await m.stdout(`readlink ${link}`), `${state}/generations/0001/units`);
    t.same(await value("generations.list", ["demo"], at), [1, 2]);
    t.match(await value("generations.read", ["demo", 2], at), {
      stack: "demo",
      number: 2,
      units: [{ file: "web.container", digest: "2" }],
    });
    t.notOk("drift" in (await value<object>("generations.read", ["demo", 2], at)));
  });

  await t.test("a source that changes between planning and copying is refused", async (t) => {
    const digests = await prepare([home], "3");
    await m.stdout(`echo more >>${home}/stack/conf/site.conf`);
    t.match((await one("generations.write", candidate(home, "3", digests), at)).error, { code: "source-changed" });
    t.same(await value("generations.list", ["demo"], at), [1, 2]);
    t.equal(await m.stdout(`ls -A ${state}/files | grep -c tmp || true`), "0");
  });

  await t.test("edited, missing and strange unit files are drift; a switch puts them right, or keeps what was edited", async (t) => {
    const units = `${state}/generations/0001/units`;
    await m.stdout(`echo '#' >>${units}/web.container; echo >${units}/strange.container`);
    t.match(await value("generations.read", ["demo", 1], at), {
      drift: [
        { file: "web.container", kind: "edited" },
        { file: "strange.container", kind: "foreign" },
      ],
    });
    await value("generations.switch", ["demo", 1, "keep"], at);
    t.match(await value("generations.read", ["demo", 1], at), { drift: [{ kind: "edited" }, { kind: "foreign" }] });
    await m.stdout(`rm -r ${units}`);
    t.match(await value("generations.read", ["demo", 1], at), { drift: [{ file: "web.container", kind: "missing" }] });
    await m.stdout(`mkdir ${units} && ln -s /etc/passwd ${units}/web.container; echo >${units}/strange.container`);
    await value("generations.switch", ["demo", 1], at);
    t.notOk("drift" in (await value<object>("generations.read", ["demo", 1], at)));
    t.equal(await m.stdout(`ls -A ${units}`), "web.container");
    t.equal(await m.stdout("head -c 4 /etc/passwd"), "root");
  });

  await t.test("a manifest that is torn or changed at any place is damaged, never trusted", async (t) => {
    const manifest = `${state}/generations/0002/manifest.json`;
    await m.stdout(`cp ${manifest} ~/manifest`);
    const length = Number(await m.stdout(`stat -c %s ${manifest}`));
    for (const cut of [0, 1, 70, Math.floor(length / 2), length - 3]) {
      await m.stdout(`head -c ${cut} ~/manifest >${manifest}`);
      t.match((await one("generations.read", ["demo", 2], at)).error, { code: "generation-damaged" }, `cut at ${cut}`);
    }
    for (const edit of ["s/a:2/a:6/", 's/"number": 2/"number": 1/', 's/"schema": 1/"schema": 2/']) {
      await m.stdout(`sed '${edit}' ~/manifest >${manifest}`);
      t.match((await one("generations.switch", ["demo", 2], at)).error, { code: "generation-damaged" }, edit);
    }
    t.equal(await value("generations.live", ["demo"], at), 1);
    await m.stdout(`cp ~/manifest ${manifest}`);
    t.match((await one("generations.read", ["demo", 9], at)).error, { code: "generation-unknown" });
  });

  await t.test("only old generations go, the live one stays, and no number comes twice", async (t) => {
    const third = await prepare([home], "4");
    t.match(await value("generations.write", candidate(home, "4", third), at), { number: 3 });
    await value("generations.switch", ["demo", 2], at);
    await m.stdout(`touch -d yesterday ${state}/files/*`);
    await value("generations.retain", ["demo", [2]], at);
    t.same(await value("generations.list", ["demo"], at), [2, 3], "3 is a candidate that waits for its turn");
    t.same((await m.stdout(`ls ${state}/files`)).split("\n").sort(), [second.conf, second.env, third.conf, third.env].sort());
    t.match(await value("generations.write", candidate(home, "4", third), at), { number: 4 });
    await value("generations.retain", ["demo", [4]], at);
    t.same(await value("generations.list", ["demo"], at), [2, 4], "2 is live");
    const writers = await Promise.all(
      [1, 2, 3].map(async () => await value<{ number: number }>("generations.write", candidate(home, "4", third), at)),
    );
    t.same(writers.map(({ number }) => number).sort(), [5, 6, 7], "three at once get a number each");
  });

  await t.test("links, foreign folders and open modes are refused, and nothing is written through them", async (t) => {
    await value("generations.switch", ["demo", 0], at);
    t.equal(await value("generations.live", ["demo"], at), 0);
    await m.stdout(`mkdir ${link} && touch ${link}/precious.container`);
    t.equal((await one("generations.live", ["demo"], at)).value, undefined);
    t.match((await one("generations.switch", ["demo", 2], at)).error, { code: "state-unsafe", message: /is not a link of ours/ });
    await m.stdout(`rm ${link}/precious.container && rmdir ${link} && ln -s /tmp ${link}`);
    t.equal((await one("generations.live", ["demo"], at)).value, undefined);
    await value("generations.switch", ["demo", 2], at);
    t.equal(await value("generations.live", ["demo"], at), 2);
    const third = await prepare([home], "4");
    for (const [spoil, mend] of [
      [`chmod 777 ${state}`, `chmod 700 ${state}`],
      [`mv ${state} ~/aside && ln -s ~/aside ${state}`, `rm ${state} && mv ~/aside ${state}`],
    ] as const) {
      await m.stdout(spoil);
      t.match((await one("generations.write", candidate(home, "4", third), at)).error, { code: "state-unsafe" }, spoil);
      t.match((await one("history.append", ["demo", { event: "stoppedByHand", service: "a" }], at)).error, { code: "state-unsafe" }, spoil);
      await m.stdout(mend);
    }
    t.match((await one("generations.list", ["../../x"], at)).error, { code: "stack-name" });
    t.equal(await m.stdout(`ls -A ${home}/config/phoenix`), "", "no link that was being made is left");
  });

  await t.test("a full disk is named, and what was live stays live", async (t) => {
    const small = `${m.home}/small`;
    await m.stdout(`mkdir ${small} && mount -t tmpfs -o size=256k,uid=${m.uid},mode=755 none ${small}`, { root: true });
    try {
      const digests = await prepare([small], "1");
      await value("generations.write", candidate(small, "1", digests), { home: small });
      await value("generations.switch", ["demo", 1], { home: small });
      await m.stdout(`head -c 200K /dev/urandom >${small}/filler || true`);
      const full = await one("generations.write", candidate(small, "2", await prepare([small], "1")), { home: small });
      const event = { event: "stoppedByHand", service: "x".repeat(60_000) };
      const ledger = await one("history.append", ["demo", event], { home: small });
      const errors = [full.error, ledger.error].filter((error) => error !== undefined);
      t.ok(errors.length > 0);
      for (const error of errors) t.match(error, { code: "state-unwritable", message: /no space is left|only \d+ of \d+ bytes/ });
      t.equal(await value("generations.live", ["demo"], { home: small }), 1);
      await m.stdout(`rm ${small}/filler`);
      t.equal((await one("history.append", ["demo", { event: "stoppedByHand", service: "a" }], { home: small })).error, undefined);
    } finally {
      await m.stdout(`umount ${small}`, { root: true });
    }
  });
});

t.test("killed at any step of writing and switching, there is exactly the old or the new generation", { timeout: 300_000 }, async (t) => {
  const calls = "rename,mkdir,symlink,unlink,rmdir,fsync";
  const home = (n: number): string => `${m.home}/crash/${n}`;
  const change = (n: number, digests: { conf: string; env: string }): readonly DriverCall[] => [
    call("generations.write", candidate(home(n), "2", digests), home(n)),
    call("history.append", ["demo", { event: "pending", generation: 2, from: 1, verb: "deploy" }], home(n)),
    call("generations.switch", ["demo", 2], home(n)),
  ];
  const start = async (ns: readonly number[]): Promise<{ conf: string; env: string }> => {
    const first = await prepare(ns.map(home), "1");
    const answers = await ask(
      ns.flatMap((n) => [
        call("generations.write", candidate(home(n), "1", first), home(n)),
        call("generations.switch", ["demo", 1], home(n)),
      ]),
    );
    t.ok(answers.every(({ error }) => error === undefined));
    return await prepare(ns.map(home), "2");
  };

  // How many of these calls are there in a change that is let through?
  const digests = await start([0]);
  const counted = await m.run(["strace", "-f", "-qq", "-e", `trace=${calls}`, "-o", `${m.home}/crash/log`, "node", driverPath], {
    input: JSON.stringify(change(0, digests)),
  });
  t.equal(counted.exitCode, 0, counted.stderr);
  const total = Number(await m.stdout(`grep -cE '(${calls.replaceAll(",", "|")})\\(' ${m.home}/crash/log`));
  t.ok(total > 15 && total < 80, `${total} calls to kill at`);

  const ns = Array.from({ length: total }, (_, index) => index + 1);
  await start(ns);
  for (const n of ns) await m.writeFile(`crash/${n}/calls.json`, JSON.stringify(change(n, digests)));
  const killed = await m.stdout(
    `count=0; for n in $(seq ${total}); do
strace -f -qq -o /dev/null -e trace=${calls} -e inject=${calls}:signal=KILL:when=$n node ${driverPath} <~/crash/$n/calls.json >/dev/null 2>&1 || count=$((count + 1))
done; echo $count`,
    { timeoutMs: 240_000 },
  );
  // Calls of a kind are counted by strace each on its own, so the later numbers hit nothing.
  t.ok(Number(killed) > 8, `${killed} runs were killed`);

  const looks = await ask(
    ns.flatMap((n) => [
      call("generations.live", ["demo"], home(n)),
      call("generations.list", ["demo"], home(n)),
      call("generations.read", ["demo", 1], home(n)),
      call("history.read", ["demo"], home(n)),
    ]),
  );
  const seen = new Set<unknown>();
  for (const n of ns) {
    const [live, list, old, ledger] = looks.slice((n - 1) * 4, n * 4);
    seen.add(live?.value);
    t.ok(live?.value === 1 || live?.value === 2, `${n}: live is ${live?.value}`);
    t.ok(JSON.stringify(list?.value) === "[1]" || JSON.stringify(list?.value) === "[1,2]", `${n}: ${JSON.stringify(list?.value)}`);
    t.ok(live?.value === 1 || JSON.stringify(list?.value) === "[1,2]");
    t.ok(old?.error === undefined && !("drift" in (old?.value as object)), `${n}: the old one is whole`);
    t.same((ledger?.value as { damaged: unknown }).damaged, []);
    if (live?.value === 2)
      t.equal((ledger?.value as { lines: readonly unknown[] }).lines.length, 1, `${n}: pending stands before the switch`);
  }
  t.same([...seen].sort(), [1, 2], "some were cut before the switch, some after");
  // Whoever comes next can finish: the leftovers are in nobody's way, and are swept.
  const finished = await ask(ns.flatMap((n) => change(n, digests)));
  t.same(
    finished.flatMap(({ error }) => error ?? []),
    [],
  );
  const whole = await ask(ns.map((n) => call("generations.read", ["demo", 2], home(n))));
  t.ok(whole.every((answer) => answer.error === undefined && !("drift" in (answer.value as object))));
  t.equal(await m.stdout(`find ~/crash -name '.tmp-*' | wc -l`), "0");
});

t.test("the ledger survives being torn at each byte", async (t) => {
  const home = `${m.home}/ledger`;
  const line = (service: string, at: number): LedgerLine => ({ event: "stoppedByHand", service, at, by: "driver" });
  const written = [line("a.service", 1), line("ö.service", 2), line("c.service", 3)];
  const bytes = Buffer.from(written.map(encodeLine).join(""));
  const ends = written.map((_, index) =>
    Buffer.byteLength(
      written
        .slice(0, index + 1)
        .map(encodeLine)
        .join(""),
    ),
  );
  const folder = (cut: number): string => `${home}/${cut}`;
  await m.writeFile("ledger/all", bytes.toString());
  await m.stdout(
    `cd ~/ledger && for n in $(seq 0 ${bytes.length}); do mkdir -p -m 700 $n/state/phoenix/stacks/demo && head -c $n all >$n/state/phoenix/stacks/demo/history.jsonl; done`,
  );
  const cuts = Array.from({ length: bytes.length + 1 }, (_, index) => index);
  const answers = await ask(
    cuts.flatMap((cut) => [
      call("history.read", ["demo"], folder(cut)),
      call("history.append", ["demo", { event: "startedByHand", service: "later" }], folder(cut)),
      call("history.read", ["demo"], folder(cut)),
    ]),
  );
  type Read = { readonly lines: readonly { readonly service: string }[]; readonly damaged: readonly number[] };
  for (const cut of cuts) {
    const [before, , after] = answers.slice(cut * 3, cut * 3 + 3).map((answer) => answer.value as Read);
    // A line is there once its last byte but the line feed is.
    const whole = ends.filter((end) => cut >= end - 1).length;
    const isTorn = cut > (ends[whole - 1] ?? 0) && cut !== (ends[whole] ?? 0) - 1;
    if (before?.lines.length !== whole || before.damaged.length !== Number(isTorn)) t.fail(`read after ${cut} bytes`, { before, whole });
    if (after?.lines.length !== whole + 1 || after.lines.at(-1)?.service !== "later") t.fail(`append after ${cut} bytes`, { after, whole });
  }
  t.match(answers[1]?.value, { event: "startedByHand", service: "later", by: "driver", at: 1_001 });

  await t.test("eight processes at once lose no line", async (t) => {
    const input = JSON.stringify(
      Array.from({ length: 10 }, () => call("history.append", ["demo", { event: "startedByHand", service: "x" }], `${home}/many`)),
    );
    await m.writeFile("ledger/input", input);
    await m.stdout(`for n in $(seq 8); do node ${driverPath} <~/ledger/input >/dev/null & done; wait`);
    const read = await value<Read>("history.read", ["demo"], { home: `${home}/many` });
    t.same([read.lines.length, read.damaged], [80, []]);
    t.same(await value("history.stacks", [], { home: `${home}/many` }), ["demo"]);
    await value("history.replace", ["demo", read.lines.slice(0, 2)], { home: `${home}/many` });
    t.equal((await value<Read>("history.read", ["demo"], { home: `${home}/many` })).lines.length, 2);
    await value("generations.forget", ["demo"], { home: `${home}/many` });
    t.same(await value("history.stacks", [], { home: `${home}/many` }), []);
  });
});
