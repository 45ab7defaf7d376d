import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import t from "tap";
import { parse } from "yaml";
import { convertCompose } from "../../../src/compose/convert.ts";
import { readCompose } from "../../../src/compose/read.ts";
import { parseUnitFileName } from "../../../src/quadlet/names.ts";
import { exportCompose } from "../../../src/stack/export/compose.ts";
import { loadStack } from "../../../src/stack/load.ts";
import type { Stack } from "../../../src/stack/stack.ts";
import { valuesOf } from "../../../src/stack/values.ts";
import { folderOf, readFolder } from "../../support/folder.ts";

const checkout = resolve(import.meta.dirname, "../../..");

function stackOf(files: Readonly<Record<string, string>>): Stack {
  const { stack, issues } = loadStack({ folder: folderOf(files, "/home/me/shop"), podmanVersion: "6.1.0" });
  if (stack === undefined) throw new Error(JSON.stringify(issues, null, 1));
  return stack;
}

const exported = (files: Readonly<Record<string, string>>) => exportCompose({ stack: stackOf(files), target: "/home/me/shop" });

t.test(
  "services/podman-compose.yaml is what quadlet/ says (`UPDATE=1 npx tap test/unit/stack/export.test.ts` writes it anew)",
  async (t) => {
    const { stack } = loadStack({ folder: readFolder(join(checkout, "quadlet")), name: "phoenix", podmanVersion: "5.4.2" });
    if (stack === undefined) throw new Error("quadlet/ does not load");
    const path = join(checkout, "services/podman-compose.yaml");
    const { text } = exportCompose({ stack, target: join(checkout, "services") });
    if (process.env["UPDATE"] === "1") writeFileSync(path, text);
    t.equal(readFileSync(path, "utf8"), text);
  },
);

const rich = `[Unit]
Wants=db.service
After=db.service

[Container]
Image=docker.io/library/caddy:2
ContainerName=front
AddCapability=CAP_NET_BIND_SERVICE
DropCapability=all
AddDevice=/dev/fuse
AddHost=one.example:10.0.0.1
Annotation=a=b
DNS=9.9.9.9
Entrypoint=["/bin/run", "it"]
Exec=serve --root "/srv/the pages" $$HOME 100%%
Environment="GREETING=it's a \\"test\\"" PRICE=5$$
EnvironmentFile=./web.env
GroupAdd=keep-groups
User=1000
Group=100
HostName=front
Label=a.b=c
LogDriver=journald
NoNewPrivileges=true
SecurityLabelDisable=true
Network=app.network:ip=10.9.0.5,alias=www
NetworkAlias=front
PublishPort=127.0.0.1:8080:80/tcp
PublishPort=9000-9020:9000-9020/udp
ReadOnly=true
RunInit=true
Secret=key,type=env,target=KEY
Secret=cert
ShmSize=64m
StopSignal=SIGINT
StopTimeout=20
Sysctl=net.ipv4.ip_forward=1
Tmpfs=/tmp:size=8m
Ulimit=nofile=1024:2048
Ulimit=nproc=10
UserNS=keep-id
Volume=data.volume:/data
Volume=./conf:/etc/caddy:ro,z
Volume=%h/media:/media
Mount=type=bind,source=/srv/x,target=/x,readonly,bind-propagation=rslave
WorkingDir=/srv
HealthCmd=["curl", "-f", "http://localhost/"]
HealthInterval=5
HealthRetries=2

[Service]
Restart=always
MemoryMax=64M
TasksMax=20
CPUQuota=50%
`;
const others = {
  "app.network": "[Network]\nSubnet=10.9.0.0/24\nGateway=10.9.0.1\nInternal=true\nOptions=mtu=1400\n",
  "data.volume": "[Volume]\nDriver=local\nDevice=tmpfs\nType=tmpfs\nOptions=size=9m\n",
  "db.container": "[Container]\nImage=docker.io/library/postgres:17\nHealthCmd=pg_isready\nNotify=healthy\nNetwork=app.network\n",
  "web.env": "A=b\n",
  "conf/": "",
};

t.test("every setting stands where Compose looks for it", async (t) => {
  const { text, leftOut } = exported({ ...others, "web.container": rich });
  const data = parse(text);
  t.same(leftOut, []);
  t.strictSame(data.services.web, {
    image: "docker.io/library/caddy:2",
    container_name: "front",
    hostname: "front",
    entrypoint: ["/bin/run", "it"],
    command: ["serve", "--root", "/srv/the pages", "$$HOME", "100%"],
    user: "1000:100",
    working_dir: "/srv",
    environment: { GREETING: `it's a "test"`, PRICE: "5$$" },
    env_file: ["./web.env"],
    ports: ["127.0.0.1:8080:80/tcp", "9000-9020:9000-9020/udp"],
    volumes: [
      "data:/data",
      "./conf:/etc/caddy:ro,z",
      `${"$"}{HOME}/media:/media`,
      { type: "bind", source: "/srv/x", target: "/x", read_only: true, bind: { propagation: "rslave" } },
    ],
    tmpfs: ["/tmp:size=8m"],
    secrets: [{ source: "key", type: "env", target: "KEY" }, "cert"],
    networks: { app: { ipv4_address: "10.9.0.5", aliases: ["front", "www"] } },
    depends_on: { db: { condition: "service_healthy" } },
    userns_mode: "keep-id",
    read_only: true,
    cap_add: ["CAP_NET_BIND_SERVICE"],
    cap_drop: ["ALL"],
    security_opt: ["no-new-privileges:true", "label=disable"],
    healthcheck: { test: ["CMD", "curl", "-f", "http://localhost/"], interval: "5s", retries: 2 },
    restart: "always",
    stop_signal: "SIGINT",
    stop_grace_period: "20s",
    devices: ["/dev/fuse"],
    extra_hosts: ["one.example:10.0.0.1"],
    annotations: { a: "b" },
    dns: ["9.9.9.9"],
    group_add: ["keep-groups"],
    labels: { "a.b": "c" },
    logging: { driver: "journald" },
    init: true,
    shm_size: "64m",
    sysctls: { "net.ipv4.ip_forward": "1" },
    ulimits: { nofile: { soft: 1024, hard: 2048 }, nproc: 10 },
    mem_limit: "64m",
    pids_limit: 20,
    cpus: 0.5,
  });
  t.strictSame(data.networks, {
    app: {
      name: "systemd-app",
      internal: true,
      ipam: { config: [{ subnet: "10.9.0.0/24", gateway: "10.9.0.1" }] },
      driver_opts: { mtu: "1400" },
    },
  });
  t.strictSame(data.volumes, {
    data: { name: "systemd-data", driver: "local", driver_opts: { type: "tmpfs", device: "tmpfs", o: "size=9m" } },
  });
  t.strictSame(data.secrets, { cert: { external: true }, key: { external: true } });
  t.strictSame(data["x-podman"], { in_pod: false });
});

t.test("what Compose cannot say is listed with its place, and stands above the service", async (t) => {
  const unit =
    "[Container]\nImage=docker.io/library/caddy:2\nReadOnlyTmpfs=false\nPodmanArgs=--cpus=2 --passwd=false\nHealthOnFailure=kill\nLabel=me=%i\n[Service]\nRestartSec=5\n";
  const { text, leftOut } = exported({ "web.container": unit });
  t.same(
    leftOut.map(({ what, place }) => [what, place.line]),
    [
      ["ReadOnlyTmpfs=false", 3],
      ["HealthOnFailure=kill", 5],
      ["Label=me=%i", 6],
      ["PodmanArgs=--passwd=false", 4],
      ["RestartSec=5", 8],
    ],
  );
  t.match(
    text,
    / {2}# Not said here: ReadOnlyTmpfs=false, HealthOnFailure=kill, Label=me=%i, PodmanArgs=--passwd=false, RestartSec=5\n {2}web:/,
  );
});

t.test(
  "the policy goes to x-phoenix, a pod's containers share their first one's network, other stacks' objects are external",
  async (t) => {
    const { text, leftOut } = exported({
      "a.container":
        "[Container]\nImage=docker.io/library/caddy:2\nPod=p.pod\n[X-Phoenix]\nReadiness=http://:80/\nGenerateSecret=one\nGenerateSecret=two\n",
      "b.container": "[Container]\nImage=docker.io/library/caddy:2\nPod=p.pod\nVolume=loose:/x\n",
      "p.pod": "[Pod]\nPublishPort=8080:80\nNetwork=none\n",
    });
    const { services, volumes } = parse(text);
    t.strictSame(services.a["x-phoenix"], { Readiness: "http://:80/", GenerateSecret: ["one", "two"] });
    t.strictSame([services.a.network_mode, services.a.ports, services.b.network_mode], ["none", ["8080:80"], "service:a"]);
    t.strictSame(volumes, { loose: { name: "loose" } });
    t.match(leftOut, [{ what: "p.pod" }]);
  },
);

t.test("a health command that podman-compose would quote wrongly goes through the shell", async (t) => {
  const unit = `[Container]\nImage=docker.io/library/caddy:2\nHealthCmd=["python", "-c", "print('a b')"]\n`;
  t.strictSame(parse(exported({ "web.container": unit }).text).services.web.healthcheck.test, [
    "CMD-SHELL",
    `'python' '-c' 'print('\\''a b'\\'')'`,
  ]);
});

/** Keys whose meaning must be the same after the way to Compose and back. */
const carried = [
  ...["Image", "ContainerName", "AddCapability", "AddDevice", "AddHost", "DNS", "Exec", "GroupAdd", "HostName"],
  ...["Label", "LogDriver", "NoNewPrivileges", "PublishPort", "ReadOnly", "RunInit", "ShmSize", "StopSignal", "StopTimeout", "Sysctl"],
  ...["Tmpfs", "Ulimit", "UserNS", "WorkingDir", "HealthCmd", "HealthRetries"],
];

t.test("what is exported means the same when it is read back", async (t) => {
  // podman-compose alone has a type of secrets.
  const stack = stackOf({ ...others, "web.container": rich.replace("Secret=key,type=env,target=KEY\n", "") });
  const { text } = exportCompose({ stack, target: "/home/me/shop" });
  const file = "/home/me/shop/compose.yaml";
  const texts = new Map<string, string | null>([
    [file, text],
    ["/home/me/shop/web.env", "A=b\n"],
    ["/home/me/shop/.env", null],
  ]);
  const read = readCompose({
    files: [file],
    texts,
    env: new Map([["HOME", "/home/me"]]),
    envFiles: undefined,
    profiles: [],
    project: undefined,
  });
  if ("wants" in read || read.project === undefined) throw new Error(JSON.stringify(read, null, 1));
  const { units, issues } = convertCompose(read.project, { secrets: false, allowRisky: true, strict: false });
  t.same(
    issues.filter(({ severity }) => severity === "error"),
    [],
  );
  const back = units.find(({ file: name }) => parseUnitFileName(name)?.name === "shop-web");
  const before = stack.units.find(({ name }) => name === "web")?.document;
  if (back === undefined || before === undefined) throw new Error("no web");
  const values = (document: typeof back, key: string): readonly string[] =>
    valuesOf(document, "container", key)
      .map(({ value }) => value.replace(/^all$|\/tcp$/u, (word) => (word === "all" ? "ALL" : "")))
      .sort();
  for (const key of carried) t.same(values(back, key), values(before, key), key);
  t.ok(values(before, "Environment").every((item) => values(back, "Environment").includes(item)));
});
