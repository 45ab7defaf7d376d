import t from "tap";
import { installProber } from "../support/install-prober.ts";
import { machine } from "../support/machine.ts";

// A Compose project from its first deploy to its rollback, and hand-written Quadlet files that are taken over while they run.

const m = await machine(t);
await installProber(m);
await m.loadTestImage();

const secret = "correct-horse-battery";
const compose = ({ version = "1", page = "one", more = "" } = {}): string => `services:
  web:
    build:
      dockerfile_inline: |
        FROM localhost/phoenix-test/server:latest
        ENV BUILT=yes
    environment:
      VERSION: "${version}"
    ports: ["127.0.0.1:${m.port()}:8080"]
    depends_on:
      store: { condition: service_healthy }
    secrets: [token]
    configs:
      - { source: page, target: /etc/page }
    volumes: ["./data:/data"]
    x-phoenix: { MinHealthy: 1s }
${more}
  store:
    image: localhost/phoenix-test/server:latest
    volumes: [state:/state]
    healthcheck:
      test: ["CMD-SHELL", "wget -q -O- http://127.0.0.1:8080/health"]
      interval: 1s
    x-phoenix: { MinHealthy: 1s }
volumes:
  state:
configs:
  page:
    content: page ${page}
secrets:
  token:
    environment: TOKEN
`;

const project = (): Promise<string> => m.stdout("cd shop && find . -printf '%p\\n' | sort");
const invocation = (service: string): Promise<string> => m.stdout(`systemctl --user show -P InvocationID ${service}`);
const inWeb = (command: string): Promise<string> => m.stdout(`podman exec systemd-shop-web ${command}`);

await m.writeFile("shop/compose.yaml", compose());
await m.writeFile("shop/.env", `TOKEN=${secret}\n`);

t.test("plan shows what a Compose file would start, and writes nothing", async (t) => {
  const before = await m.stdout("find shop .local/state .config -printf '%p %s\\n' 2>/dev/null | sort || true");
  const result = await m.phoenix(["plan", "shop/compose.yaml"]);
  t.equal(result.exitCode, 0, result.stderr);
  t.match(result.stdout, /\+ shop-web\.container +start/);
  t.match(result.stdout, /\+ shop-state\.volume/);
  t.notMatch(result.stdout + result.stderr, secret);
  t.equal(await m.stdout("find shop .local/state .config -printf '%p %s\\n' 2>/dev/null | sort || true"), before);
});

t.test("deploy builds, makes the secret, and starts in order", { timeout: 120_000 }, async (t) => {
  const result = await m.phoenix(["deploy", "shop"], { timeoutMs: 100_000 });
  t.equal(result.exitCode, 0, result.stdout + result.stderr);
  t.match(result.stdout, /Good: shop runs generation 1/);
  t.equal((await m.http(m.port(), "/version")).body, "1");
  t.equal(await inWeb("sh -c 'echo $BUILT'"), "yes");
  t.equal(await inWeb("cat /run/secrets/token"), secret);
  t.equal(await inWeb("cat /etc/page"), "page one");
  t.equal(await project(), ".\n./.env\n./compose.yaml\n./data", "only the folder that Compose would make");
  t.equal(await m.stdout(`grep -rl ${secret} .local/state .config || true`), "", "the secret stands in no file of ours");
  const started = (service: string): Promise<string> => m.stdout(`systemctl --user show -P ActiveEnterTimestampMonotonic ${service}`);
  t.ok(Number(await started("shop-store.service")) <= Number(await started("shop-web.service")));
  t.match((await m.phoenix(["deploy", "shop"])).stdout, /Nothing to do/);
});

t.test("what runs is exported for podman-compose", async (t) => {
  const result = await m.phoenix(["export", "compose", "shop"]);
  t.equal(result.exitCode, 0, result.stderr);
  t.match(result.stdout, /^ {2}web:\n {4}image: localhost\/phoenix\/shop\/shop-web:[\da-f]{12}$/m);
  t.match(result.stdout, /^ {2}store:\n {4}image: localhost\/phoenix-test\/server:latest$/m);
  t.match(result.stdout, /condition: service_healthy/);
  t.notMatch(result.stdout, secret);
});

t.test("an update restarts what changed, and rollback brings the old content back", { timeout: 120_000 }, async (t) => {
  const store = await invocation("shop-store.service");
  await m.writeFile("shop/compose.yaml", compose({ version: "2", page: "two" }));
  const result = await m.phoenix(["deploy", "shop"], { timeoutMs: 100_000 });
  t.equal(result.exitCode, 0, result.stdout + result.stderr);
  t.equal((await m.http(m.port(), "/version")).body, "2");
  t.equal(await inWeb("cat /etc/page"), "page two");
  t.equal(await invocation("shop-store.service"), store);
  const back = await m.phoenix(["rollback"], { timeoutMs: 100_000 });
  t.equal(back.exitCode, 0, back.stdout + back.stderr);
  t.equal((await m.http(m.port(), "/version")).body, "1");
  t.equal(await inWeb("cat /etc/page"), "page one");
});

t.test("what is wrong or risky is refused at its line, and nothing is touched", async (t) => {
  const running = await invocation("shop-web.service");
  const refused = async (more: string, message: RegExp): Promise<void> => {
    await m.writeFile("shop/compose.yaml", compose({ more }));
    const result = await m.phoenix(["deploy", "shop"]);
    t.equal(result.exitCode, 2, result.stderr);
    t.match(result.stderr, message);
  };
  await refused("    privileged: true", /compose\.yaml:17: .*privileged.*\[compose-risky\]/);
  await refused("    restrat: always", /compose\.yaml:17: .*restart.*\[compose-value\]/);
  await refused("    network_mode: service:nobody", /compose\.yaml:17: .*nobody/);
  t.equal(await invocation("shop-web.service"), running);
});

t.test("a secret that has another value now stays, and that is said", async (t) => {
  await m.writeFile("shop/compose.yaml", compose({ version: "3" }));
  await m.writeFile("shop/.env", "TOKEN=another\n");
  const result = await m.phoenix(["deploy", "shop"], { timeoutMs: 60_000 });
  t.equal(result.exitCode, 0, result.stderr);
  t.match(result.stderr, /secret shop-token has another value/);
  t.equal(await inWeb("cat /run/secrets/token"), secret);
  t.equal((await m.phoenix(["teardown", "shop", "--volumes", "--purge", "--yes"])).exitCode, 0);
});

t.test("where .env is missing an import takes the values of its example and says so, and a plan takes none", async (t) => {
  await m.writeFile(
    "kit/compose.yaml",
    'services: { web: { image: localhost/phoenix-test/server, environment: { A: "${A:?is needed}" } } }\n',
  );
  await m.writeFile("kit/.env.example", "A=from the example\n");
  const planned = await m.phoenix(["plan", "kit"]);
  t.equal(planned.exitCode, 2);
  t.match(planned.stderr, /compose\.yaml:1: .*is needed/);
  const imported = await m.phoenix(["import", "kit", "--out", "kit-units"]);
  t.equal(imported.exitCode, 0, imported.stderr);
  t.match(imported.stderr, /\.env is missing or cannot be read: the values of \.env\.example stand in its place/);
  t.match(await m.readFile("kit-units/kit-web.container"), /^Environment="A=from the example"$/m);
  await m.writeFile("kit/.env", "A=mine\n");
  const again = await m.phoenix(["import", "kit", "--out", "kit-units"]);
  t.notMatch(again.stderr, /example/);
  t.match(await m.readFile("kit-units/kit-web.container"), /^Environment=A=mine$/m);
});

t.test("hand-written units are taken over with their data", { timeout: 120_000 }, async (t) => {
  const units = ".config/containers/systemd/blog";
  await m.writeFile(
    `${units}/blog.container`,
    `[Container]\nImage=localhost/phoenix-test/server:latest\nPublishPort=127.0.0.1:${m.port(1)}:8080\nVolume=blog-data.volume:/data\nVolume=./blog.conf:/etc/blog.conf:ro\n[Install]\nWantedBy=default.target\n`,
  );
  await m.writeFile(`${units}/blog-data.volume`, "[Volume]\n");
  await m.writeFile(`${units}/blog.conf`, "by hand\n");
  await m.stdout("systemctl --user daemon-reload && systemctl --user start blog && podman exec systemd-blog sh -c 'echo kept >/data/post'");
  const running = await invocation("blog.service");
  const result = await m.phoenix(["import", units, "--out", "blog"]);
  t.equal(result.exitCode, 0, result.stderr);
  t.match(result.stdout, /These run now: .*blog\.service/);
  t.equal(await invocation("blog.service"), running, "nothing was stopped");
  t.match(await m.readFile("blog/blog-data.volume"), /^VolumeName=systemd-blog-data$/m);
  const early = await m.phoenix(["deploy", "blog"]);
  t.equal(early.exitCode, 2, "the old units are in the way");
  t.match(early.stderr, /name-taken/);
  await m.stdout("printf '\\n[X-Phoenix]\\nMinHealthy=1s\\n' >>blog/blog.container");
  // Word for word what it says.
  const said = result.stdout.slice(result.stdout.indexOf("have to go first"), result.stdout.indexOf("Volumes and other data"));
  const commands = said.split("\n").filter((line) => line.startsWith("  "));
  t.equal(commands.length, 5);
  const phoenix = 'phoenix() { node /opt/phoenix/dist/phoenix.mjs "$@"; }';
  await m.stdout([phoenix, ...commands].join("\n"), { timeoutMs: 60_000 });
  t.equal(await m.stdout("podman exec systemd-blog cat /data/post"), "kept");
  t.equal(await m.stdout("podman exec systemd-blog cat /etc/blog.conf"), "by hand");
  t.equal((await m.http(m.port(1))).status, 200);
  t.match((await m.phoenix(["status", "blog"])).stdout, /blog\.service +healthy/);
});
