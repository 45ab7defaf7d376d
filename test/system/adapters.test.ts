import t from "tap";
import { adaptersOn, call, got, withoutTap } from "../support/adapters.ts";
import { machine } from "../support/machine.ts";

const m = await machine(t);
const { ask, one, value, driverPath } = await adaptersOn(m);

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

  await t.test("a pull returns the image it brought", async (t) => {
    await m.stdout(`cd && podman save --quiet --format oci-archive --output a.tar localhost/phoenix-test/broken:1`);
    const { id } = await value<{ id: string }>("images.find", ["localhost/phoenix-test/broken:1"]);
    await m.stdout("podman rmi localhost/phoenix-test/broken:1 >/dev/null");
    t.match(await value("images.pull", [`oci-archive:${m.home}/a.tar`]), { id, tags: ["localhost/phoenix-test/broken:1"] });
  });

  await t.test("a build runs the unit's own words, and the image it returns is the one it made", async (t) => {
    await m.writeFile("ctx/Containerfile", "FROM localhost/phoenix-test/server\nENV VERSION=built\n");
    const words = ["/usr/bin/podman", "build", "--tag", "localhost/built:1", "--build-arg", "P=100%%", "%h/ctx"];
    const work = (execStart: readonly string[], workingFolder = m.home) => [{ service: "app-build.service", execStart, workingFolder }];
    const { value: built, lines } = await one("images.build", work(words));
    t.match(built, { tags: ["localhost/built:1"] });
    t.ok(lines.some((line) => line.startsWith("STEP 2/2")));
    await m.writeFile("bad/Containerfile", "FROM localhost/phoenix-test/server\nRUN echo because-of-this; exit 3\n");
    const bad = ["/usr/bin/podman", "build", "--build-arg", "TOKEN=hunter2hunter2", "--file", `${m.home}/bad/Containerfile`];
    const failed = await one("images.build", work(bad));
    t.match(failed.error, { code: "build-failed", message: /exit status 3/ });
    t.ok(failed.lines.includes("because-of-this"));
    t.notMatch(JSON.stringify(failed.error), /hunter2/);
    await m.writeFile(
      "loud/Containerfile",
      "FROM localhost/phoenix-test/server\nRUN head -c 40000000 /dev/zero | tr '\\0' x | fold -w 4000\n",
    );
    const loud = await one("images.build", work(["/usr/bin/podman", "build", "--tag", "localhost/loud:1", `${m.home}/loud`]));
    t.match(loud.value, { tags: ["localhost/loud:1"] }, "40 MB of output do no harm");
    const nowhere = await one("images.build", work(["podman", "build", "."], `${m.home}/none`));
    t.match(nowhere.error, { message: /folder .*\/none does not exist/ });
    t.equal(await m.stdout(`ls $XDG_RUNTIME_DIR/phoenix`), "", "nothing temporary is left");
  });

  await t.test("a build is a unit of its own: it outlives whoever is killed, and ends with whoever is interrupted", async (t) => {
    const unit = "phoenix:slow-build.service";
    await m.writeFile("slow/Containerfile", "FROM localhost/phoenix-test/server\nRUN sleep 3; echo made >/made\n");
    const execStart = ["/usr/bin/podman", "build", "--tag", "localhost/slow:1", `${m.home}/slow`];
    const slow = call("images.build", [{ service: "slow-build.service", execStart, workingFolder: m.home }]);
    const run = (env: Readonly<Record<string, string>> = {}) => ask([slow], { env });
    const isActive = async () => (await m.shell(`systemctl --user is-active ${unit}`)).stdout === "active\n";

    const [interrupted] = await run({ DRIVER_INTERRUPT_MS: "1000" });
    t.match(interrupted?.error, { code: "interrupted" });
    t.notOk(await isActive(), "nothing of it goes on");
    t.equal((await m.shell("podman image exists localhost/slow:1")).exitCode, 1);

    const killed = run().catch(() => undefined);
    await m.waitFor("the build runs", isActive, 10_000);
    await m.stdout("pkill --signal KILL --full driver.mjs");
    await killed;
    t.ok(await isActive(), "it goes on without the one who began it");
    await m.waitFor("the image is made", async () => (await m.shell("podman image exists localhost/slow:1")).exitCode === 0, 20_000);
    await m.waitFor("the unit is gone", async () => !(await isActive()), 5_000);
    t.match((await run())[0]?.value, { tags: ["localhost/slow:1"] }, "the next one finds it made");
  });

  await t.test("a tag keeps an image, and losing the tag leaves the image's other names alone", async (t) => {
    const { id } = await value<{ id: string }>("images.find", ["localhost/built:1"]);
    const tag = `localhost/phoenix/demo/web:${id.slice(0, 12)}`;
    const [, kept, , again, left] = await ask([
      call("images.tag", [id, [tag]]),
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
    const inner = got<readonly { name: string }[]>(networks).find(({ name }) => name === "inner");
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
    const result = await m.run(
      [...withoutTap, "strace", "-f", "-qq", "-s", "9999", "-e", "trace=execve", "-o", trace, "node", driverPath],
      { input },
    );
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
      NetworkSettings: { Networks: { stage?: { Aliases: string[] } } };
    }[];
    t.ok(shown?.Config.Env.includes("PRICE=100% of 5$"));
    t.same(shown?.Config.Cmd, ["serve", "8081"]);
    t.match(shown?.Config.Labels, { "phoenix.rehearse": "1", "io.phoenix.stack": "demo" });
    t.same(shown?.HostConfig.PortBindings, {});
    t.notOk(shown?.NetworkSettings.Networks.stage?.Aliases.includes("site"));
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
    const specifier = await one("containers.rehearse", ["v.service", [...run, "--env", "A=$HOME", "localhost/phoenix-test/server"]]);
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
    const { units, messages } = got<{ units: readonly { service: string; text: string }[]; messages: readonly string[] }>(generated);
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
      const { messages } = got<{ messages: readonly string[] }>(answers[index]);
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
    t.match(got<{ messages: readonly string[] }>(requires).messages.join("\n"), /missing\.service/);
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
  const found = got<readonly { name: string; path: string }[]>(foreign);
  t.same(found.map(({ name, path }) => [name, path.replace(m.home, "~")]).sort(), [
    ["db.service", "~/.config/systemd/user/db.service"],
    ["dbus.service", "/usr/lib/systemd/user/dbus.service"],
    ["renamed.service", "~/.config/containers/systemd/other.container"],
    ["web.service", "~/.config/containers/systemd/sub/web.container"],
  ]);
  t.ok(got<number>(bytes) > 1_000_000);
  const own = got<readonly { subnet: string; owner: string }[]>(subnets);
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
