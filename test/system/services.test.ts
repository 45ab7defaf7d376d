import { readFileSync } from "node:fs";
import t from "tap";
import { machine } from "../support/machine.ts";
import { ownTests, referenceImages } from "../support/reference-images.ts";

/**
 * The services' own tests, each in the image that its service runs in, against a real PostgreSQL with the stack's schema. The images come
 * from `phoenix build`, which knows what stands on what.
 */
const m = await machine(t);
t.comment(`the images' layers are ${await referenceImages(m)}`);

t.test("every image of the reference stack is built", { timeout: 900_000 }, async (t) => {
  const { exitCode, stdout, stderr } = await m.phoenix(["build", "/opt/phoenix/quadlet", "--stack", "phoenix", "--json", "--quiet"], {
    timeoutMs: 880_000,
  });
  t.equal(exitCode, 0, stderr);
  const rows = JSON.parse(stdout) as readonly { readonly file: string; readonly sizeBytes: number; readonly tookMs: number }[];
  t.same(
    rows.map(({ file }) => file.replace(".build", "")),
    ["analysis-engine", "db", "gap-detector", "nginx", "python-base", "python-service", "recurrent-processor", "rubik-agent"],
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

/** What each says when its tests have run; the exit code says how. The longest first: two at a time, since most of them wait most of the time. */
const suites = {
  "recurrent-processor": /^Ran \d{2,} tests in .*\n\nOK/m,
  db: /^# durability$/m,
  "analysis-engine": /^Ran \d{2,} tests in .*\n\nOK/m,
  "gap-detector": /^Ran \d{2,} tests in .*\n\nOK/m,
  "python-service": /^Ran \d+ tests in .*\n\nOK/m,
} as const;

t.test("the services pass their own tests", { timeout: 900_000, jobs: 2 }, async (t) => {
  for (const [name, end] of Object.entries(suites)) {
    t.test(name, { timeout: 900_000, buffered: true }, async (t) => {
      const build = () => m.shell(`podman build --target test /opt/phoenix/services/${name} 2>&1`, { timeoutMs: 880_000 });
      const { exitCode, stdout, kept } = await ownTests(m, name, build);
      t.equal(exitCode, 0, stdout.slice(-4_000));
      t.match(stdout, end, kept ? "passed before, with exactly these images" : "passed");
    });
  }
});

t.test("rubik-agent's queue keeps its promises on the stack's database", { timeout: 540_000 }, async (t) => {
  const run = () => m.shell("unset NODE_OPTIONS; /opt/phoenix/services/rubik-agent/test/with-database.sh 2>&1", { timeoutMs: 500_000 });
  const result = await ownTests(m, "rubik-agent", run);
  const failed = [...result.stdout.matchAll(/^not ok .*\n(?: .*\n)*/gm)].map(([text]) => text);
  t.equal(result.exitCode, 0, failed.join("") || result.stdout.slice(-4_000));
  const count = (what: string): number => Number(new RegExp(`^# ${what} (\\d+)$`, "m").exec(result.stdout)?.[1] ?? Number.NaN);
  t.ok(count("pass") >= 30, `${count("pass")} tests passed${result.kept ? " before, with exactly these images" : ""}`);
  t.equal(count("fail") + count("skipped") + count("todo") + count("cancelled"), 0);
  for (const line of result.stdout.split("\n").filter((one) => /^# \d+ tasks/.test(one))) t.comment(line.slice(2));
});

// Last, because it builds some of the images from a copy that it changes.
t.test(
  "an image has its version as label and tag, and a change of what services share rebuilds exactly those that run with it",
  async (t) => {
    const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly version: string };
    const label = `podman image inspect --format '{{index .Labels "org.opencontainers.image.version"}}' localhost/phoenix-gap-detector:${version}`;
    t.equal(await m.stdout(label), version);
    // Owner, mode and times of what is copied into an image are a part of it: one copy is compared with another, made by the same user.
    await m.stdout("mkdir first && cp -a /opt/phoenix/quadlet /opt/phoenix/services first/ && cp -a first src");
    const names = ["analysis-engine", "gap-detector", "python-base", "python-service"];
    /** Which of them came out as other images than before. */
    const rebuilt = async (folder = "src"): Promise<readonly string[]> => {
      const { exitCode, stdout, stderr } = await m.phoenix(
        ["build", `${folder}/quadlet`, ...names, "--stack", "phoenix", "--json", "--quiet"],
        {
          timeoutMs: 600_000,
        },
      );
      t.equal(exitCode, 0, stderr);
      const rows = JSON.parse(stdout) as readonly { readonly file: string; readonly outcome: string }[];
      return rows.filter(({ outcome }) => outcome === "built").map(({ file }) => file.replace(".build", ""));
    };
    const shared = "src/services/python-service";
    await rebuilt("first");
    t.same(await rebuilt(), [], "a copy of the same is the same");
    await m.stdout(`echo '# more' >>${shared}/phoenix_testing/ports.py`);
    t.same(await rebuilt(), ["python-service"], "what only tests use is in no image that runs");
    await m.stdout(`echo '# more' >>${shared}/phoenix_service/ask.py`);
    t.same(await rebuilt(), ["analysis-engine", "gap-detector", "python-service"]);
  },
);
