import t from "tap";
import { makeBaseImages } from "../../src/sandbox/base-images.ts";
import { machine } from "../support/machine.ts";

/**
 * The services' own tests, each in the image that its service runs in, against a real PostgreSQL with the stack's schema. The images come
 * from `phoenix build`, which knows what stands on what.
 */
const m = await machine(t);
await makeBaseImages({
  name: m.sandbox,
  user: m.user,
  references: ["docker.io/library/debian:trixie-slim", "docker.io/library/node:22-alpine"],
});

t.test("every image of the reference stack is built", { timeout: 900_000 }, async (t) => {
  const { exitCode, stdout, stderr } = await m.phoenix(["build", "/opt/phoenix/quadlet", "--stack", "phoenix", "--json", "--quiet"], {
    timeoutMs: 880_000,
  });
  t.equal(exitCode, 0, stderr);
  const rows = JSON.parse(stdout) as readonly { readonly file: string; readonly sizeBytes: number; readonly tookMs: number }[];
  t.same(
    rows.map(({ file }) => file.replace(".build", "")),
    ["analysis-engine", "db", "gap-detector", "nginx", "python-base", "recurrent-processor", "rubik-agent"],
  );
  for (const { file, sizeBytes, tookMs } of rows) t.comment(`${file}: ${Math.round(sizeBytes / 1e6)} MB, ${Math.round(tookMs / 1000)} s`);
});

const secrets = [
  ...["phoenix-db-owner", "phoenix-db-gap-detector", "phoenix-db-recurrent-processor", "phoenix-db-analysis-engine"],
  ...["phoenix-db-rubik-agent", "phoenix-token"],
];

t.test("the stack as podman-compose knows it comes up, is healthy and goes", { timeout: 240_000 }, async (t) => {
  await m.stdout(secrets.map((name) => `head -c 32 /dev/urandom | base64 -w0 | podman secret create ${name} - >/dev/null`).join("\n"));
  // Users of this machine share their ports, and it has no cgroup controllers.
  const adapt = `sed -E 's#127.0.0.1:8000:#127.0.0.1:${m.port(0)}:#; s#127.0.0.1:3000:#127.0.0.1:${m.port(1)}:#; s#127.0.0.1:8080:#127.0.0.1:${m.port(2)}:#
    s#(\\.\\./quadlet)#/opt/phoenix/quadlet#; s#context: \\./#context: /opt/phoenix/services/#; /^ +(mem_limit|cpu_shares|pids_limit):/d'`;
  await m.stdout(`mkdir -p composed && ${adapt} /opt/phoenix/services/podman-compose.yaml >composed/compose.yaml`);
  const up = await m.shell("cd composed && podman-compose up --detach 2>&1", { timeoutMs: 120_000 });
  t.equal(up.exitCode, 0, up.stdout.slice(-4_000));
  await m.waitFor("the gateway answers", async () => /"status": ?"healthy"/.test((await m.http(m.port(2))).body), 90_000);
  const looked = await m.stdout(
    "podman inspect --format '{{.HostConfig.ReadonlyRootfs}} {{.HostConfig.SecurityOpt}} {{.EffectiveCaps}} {{.Config.Healthcheck.Test}}' phoenix-db",
  );
  t.match(looked, /^true \[no-new-privileges\] \[\] \[CMD-SHELL .*pg_isready/);
  t.equal(await m.stdout("podman network inspect --format '{{range .Subnets}}{{.Subnet}}{{end}}' phoenix-net"), "172.20.0.0/16");
  t.equal(await m.stdout("podman network inspect --format '{{.Internal}}' phoenix-db"), "true");
  const down = await m.shell("cd composed && podman-compose down --volumes 2>&1", { timeoutMs: 120_000 });
  t.equal(down.exitCode, 0, down.stdout.slice(-4_000));
  t.equal(await m.stdout("podman ps --all --quiet"), "");
});

