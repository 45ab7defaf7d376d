import t from "tap";
import { installProber } from "../support/install-prober.ts";
import { machine } from "../support/machine.ts";

const m = await machine(t);
await installProber(m);
for (const version of ["1", "2"]) await m.loadTestImage(`localhost/web:${version}`, { VERSION: version });

const policy = "[X-Phoenix]\nReadiness=http://:8080/health\nPeriod=1s\nMinHealthy=1s\nStartupDeadline=20s\n";
const web = (version: string): string => `[Container]
Image=localhost/web:${version}
Network=outer.network
Network=vault.network
NetworkAlias=front
PublishPort=127.0.0.1:${m.port()}:8080
Secret=app-token,type=mount,mode=0400
ReadOnly=true
NoNewPrivileges=true
DropCapability=all
User=1000

[Service]
MemoryMax=200M

${policy}GenerateSecret=app-token
`;
await m.writeFile("app/outer.network", "[Network]\n");
await m.writeFile("app/inner.network", "[Network]\nInternal=true\n");
// Asked by way of its other network, so no probe passes here.
await m.writeFile("app/vault.network", "[Network]\nInternal=true\n");
await m.writeFile("app/data.volume", "[Volume]\n");
await m.writeFile("app/web.container", web("1"));
await m.writeFile(
  "app/db.container",
  `[Container]\nImage=localhost/web:1\nNetwork=inner.network\nVolume=data.volume:/data\nUser=1000\nDropCapability=all\n\n${policy}`,
);
await m.writeFile("app/job.container", "[Container]\nImage=localhost/web:1\nNetwork=outer.network\n[X-Phoenix]\nMinHealthy=1s\n");
for (const version of ["1", "2"]) {
  await m.writeFile("app/web.container", web(version));
  const deployed = await m.phoenix(["deploy", "app"]);
  if (deployed.exitCode !== 0) throw new Error(deployed.stdout + deployed.stderr);
}

type Finding = { readonly code: string; readonly message: string; readonly remedy: string; readonly place?: { readonly file: string } };
type Result = { readonly outcome: string; readonly findings: readonly Finding[]; readonly unchecked: readonly string[] };

async function verify(): Promise<{ readonly exitCode: number; readonly checks: ReadonlyMap<string, Result> }> {
  const { exitCode, stdout, stderr } = await m.phoenix(["verify", "app", "--json"]);
  if (stdout === "") throw new Error(stderr);
  const [stack] = JSON.parse(stdout) as readonly { readonly checks: readonly (Result & { readonly name: string })[] }[];
  return { exitCode, checks: new Map((stack?.checks ?? []).map((check) => [check.name, check])) };
}

/** The names of the checks that found something, each with its sentences. */
function wrong(checks: ReadonlyMap<string, Result>): Readonly<Record<string, readonly string[]>> {
  const found = [...checks].filter(([, { outcome }]) => outcome === "wrong");
  return Object.fromEntries(found.map(([name, { findings }]) => [name, findings.map(({ message }) => message)]));
}

t.test("a stack that runs as it should is fine, and what could not be checked is said", async (t) => {
  const before = await m.stdout("podman ps -aq | sort; podman volume ls -q; systemctl --user show -P InvocationID web db job");
  const { exitCode, stdout, stderr } = await m.phoenix(["verify"]);
  t.equal(exitCode, 0, stdout + stderr);
  t.match(stdout, /^app {2}generation 2\n/);
  t.match(stdout, /ok +isolation +6 tries from inside/);
  t.match(stdout, /MemoryMax of web\.service is not enforced here: no controller is delegated/);
  t.match(stdout, /not checked: job\.service has no probe/);
  t.match(stdout, /Fine: nothing is wrong/);
  t.notOk(/[✓✗]/.test(stdout) || stdout.includes("\u001b"), "marks and colours are for terminals");
  t.equal(
    await m.stdout("podman ps -aq | sort; podman volume ls -q; systemctl --user show -P InvocationID web db job"),
    before,
    "nothing was changed",
  );
  const { checks } = await verify();
  t.same(
    [...checks].filter(([, { outcome }]) => outcome !== "fine" && outcome !== "unchecked"),
    [],
  );
  const terminal = await m.stdout("script -qec 'node /opt/phoenix/dist/phoenix.mjs verify app' /dev/null");
  t.match(terminal, /✓.* units/);
});

t.test("an internal network stays closed, whatever comes up when", async (t) => {
  const address = (): Promise<string> =>
    m.stdout(`podman inspect --format '{{(index .NetworkSettings.Networks "systemd-inner").IPAddress}}' systemd-db`);
  /** From web, by the way that the neighbour's bridge is. */
  const isReached = async (): Promise<boolean> =>
    (await m.shell(`podman exec systemd-web wget -q -T 1 -O- http://${await address()}:8080/health`)).exitCode === 0;
  const open = "podman unshare --rootless-netns sh -c 'for bridge in /proc/sys/net/ipv4/conf/podman*; do echo 1 >$bridge/forwarding; done'";
  // Nobody probes here but `verify`: this is what the order of the starts alone is worth.
  const changes = {
    "everything starts anew, as after a boot": "systemctl --user stop phoenix.target && systemctl --user start phoenix.target",
    "the ordinary network starts anew": "systemctl --user restart outer-network.service",
    "the ordinary network is made anew": "podman network rm --force systemd-outer && systemctl --user restart outer-network.service",
    "the prober starts anew": "systemctl --user restart phoenix-prober.service",
  };
  for (const [name, change] of Object.entries(changes)) {
    // systemd would count these as a crash loop.
    await m.stdout(`systemctl --user reset-failed; ${change}; systemctl --user start web db job`);
    t.notOk(await isReached(), name);
  }
  await m.stdout(`systemctl --user reset-failed; ${open}`);
  t.ok(await isReached(), "opened by hand, it is reached");
  t.equal((await m.phoenix(["verify", "app"])).exitCode, 3, "verify tells of the network that no probe passes");
  t.notOk(await isReached(), "and the one that a probe passed is closed");
  t.match(
    await m.stdout("journalctl --user --unit phoenix-prober.service --output cat --no-pager"),
    /^The bridge podman\d+ of an internal network was open to other networks \(ipv4\); it is closed again\.$/m,
  );
});

t.test("from the outside of the containers: secrets, images, files, owners, names, and who joined which network", async (t) => {
  await m.writeFile(".config/containers/systemd/mine.container", "[Container]\nImage=localhost/web:1\n");
  await m.writeFile(".config/containers/systemd/broken.container", "no key and no value\n");
  await m.writeFile(".config/systemd/user/web.service", "[Service]\nExecStart=/bin/true\n");
  const unit = ".local/state/phoenix/stacks/app/generations/0002/units/db.container";
  const [text, oldTag] = [
    await m.readFile(unit),
    await m.stdout("podman images --format '{{.Repository}}:{{.Tag}}' --filter reference=localhost/phoenix/app/web | tail -1"),
  ];
  const first = JSON.parse(await m.readFile(".local/state/phoenix/stacks/app/generations/0001/manifest.json"));
  const tag = (first.generation.units as { file: string; image?: { tag: string; id: string } }[]).find(
    ({ file }) => file === "web.container",
  )?.image;
  t.ok(oldTag && tag);
  await m.writeFile(unit, `${text}# mine\n`);
  await m.stdout(`podman secret rm app-token; podman untag ${tag?.tag} ${tag?.tag}
    podman unshare chown 7:7 "$(podman volume inspect -f '{{.Mountpoint}}' systemd-data)"
    podman network connect systemd-outer systemd-db
    podman unshare --rootless-netns sh -c 'for bridge in /proc/sys/net/ipv4/conf/podman*; do echo 1 >$bridge/forwarding; done'`);
  const { exitCode, checks } = await verify();
  t.equal(exitCode, 3);
  t.match(wrong(checks), {
    secrets: ["The secret app-token is gone: web.service cannot start again."],
    quadlet: [/file contains line 1.* its whole folder is skipped: mine\.service would be gone/],
    accepted: [/Cannot use the name web\.service: .*\/\.config\/systemd\/user\/web\.service has it/],
    drift: [/The unit file db\.container of the running generation was edited by hand/],
    images: [/The image of web\.container in generation 1 is gone \(localhost\/web:1/],
    volumes: [/db\.service runs as user 1000 and may not write its volume systemd-data at \/data: it belongs to 7:7/],
  });
  const isolation = wrong(checks)["isolation"]?.join("\n");
  t.match(isolation, /db\.service is meant for internal networks only, and has a way out/);
  t.match(isolation, /job\.service reaches web\.service at [\d.]+:8080, though it is not on systemd-vault/);
  t.same(Object.keys(wrong(checks)).sort(), ["accepted", "drift", "images", "isolation", "quadlet", "secrets", "volumes"]);
  const closing =
    checks
      .get("isolation")
      ?.findings.find(({ remedy }) => remedy.includes("Close it: "))
      ?.remedy.split("Close it: ")[1] ?? "";
  const remedy = checks.get("volumes")?.findings[0]?.remedy ?? "";
  t.match(remedy, /^podman unshare chown 1000:/);
  await m.stdout(`${remedy}
    podman tag ${tag?.id} ${tag?.tag}; printf again | podman secret create app-token -
    podman network disconnect systemd-outer systemd-db
    ${closing}
    rm .config/containers/systemd/*.container .config/systemd/user/web.service`);
  await m.writeFile(unit, text);
  const after = await verify();
  t.equal(after.exitCode, 0, JSON.stringify(wrong(after.checks)));
});

t.test("inside of what runs: units, probes, ports, names, security options", async (t) => {
  await m.stdout(`systemctl --user stop job.service
    podman exec systemd-db sh -c 'echo fail >/tmp/mode'
    mkdir -p .config/systemd/user/web.service.d
    { printf '[Service]\\nExecStart=\\n'; systemctl --user cat web.service | grep '^ExecStart=' | sed 's/--security-opt=no-new-privileges//; s/--read-only//; s/--cap-drop all//; s/--user 1000//'; } >.config/systemd/user/web.service.d/mine.conf
    systemctl --user daemon-reload; systemctl --user restart web.service`);
  await m.waitFor("web answers again", async () => (await m.http(m.port())).status === 200, 10_000);
  // What the name server remembers of a container that went by force; and a port proxy that died.
  await m.stdout(`names="$XDG_RUNTIME_DIR/containers/networks/aardvark-dns/systemd-outer"
    printf '%s 10.201.9.9  front\\n' "$(printf '%064d' 7)" >>"$names"
    kill -HUP "$(cat "$XDG_RUNTIME_DIR/containers/networks/aardvark-dns/aardvark.pid")"
    pgrep -u "$(id -u)" rootlessport | xargs kill -KILL`);
  const { exitCode, checks } = await verify();
  t.equal(exitCode, 3);
  const found = wrong(checks);
  t.match(found, {
    units: ["job.service does not run: it is inactive."],
    probes: [/db\.service fails its probe http:\/\/:8080\/health: HTTP 500/],
    ports: [/web\.service does not answer at 127\.0\.0\.1:\d+: /],
    dns: ["The DNS of systemd-outer leads front to 10.201.9.9, where no container of that name is."],
    drift: [/web\.service is changed by .*\/web\.service\.d\/mine\.conf/],
  });
  const security = found["security"]?.join("\n");
  for (const lost of ["without the NoNewPrivileges=true", "ReadOnly=true", "as user 'root'", "with CAP_CHOWN"]) t.match(security, lost);
  t.same(Object.keys(found).sort(), ["dns", "drift", "ports", "probes", "security", "units"]);
});

t.test("a stack that is torn down is fine; one that nobody knows is not found", async (t) => {
  await m.stdout("rm -r .config/systemd/user/web.service.d; systemctl --user daemon-reload");
  t.equal((await m.phoenix(["teardown", "app", "--volumes", "--yes"])).exitCode, 0);
  const { exitCode, checks } = await verify();
  t.equal(exitCode, 0, JSON.stringify(wrong(checks)));
  t.equal((await m.phoenix(["verify", "nothing"])).exitCode, 4);
});
