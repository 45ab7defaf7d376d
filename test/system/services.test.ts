import t from "tap";
import { machine } from "../support/machine.ts";
import { baseImages, referenceImages } from "../support/reference-images.ts";

/**
 * The services' own tests, each in the image that its service runs in, against a real PostgreSQL with the stack's schema. The images come
 * from `phoenix build`, which knows what stands on what.
 */
const m = await machine(t);
await baseImages(m);
t.comment(`the images' layers are ${await referenceImages(m)}`);

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

/** What each says when its tests have run; the exit code says how. */
const suites = {
  db: /^# durability$/m,
  "gap-detector": /^Ran \d{2,} tests in .*\n\nOK/m,
  "analysis-engine": /^Ran \d{2,} tests in .*\n\nOK/m,
  "recurrent-processor": /^Ran \d{2,} tests in .*\n\nOK/m,
} as const;

for (const [name, end] of Object.entries(suites)) {
  t.test(`${name} passes its own tests`, { timeout: 900_000 }, async (t) => {
    const { exitCode, stdout } = await m.shell(`podman build --target test /opt/phoenix/services/${name} 2>&1`, { timeoutMs: 880_000 });
    t.equal(exitCode, 0, stdout.slice(-4_000));
    t.match(stdout, end);
  });
}

t.test("rubik-agent's queue keeps its promises on the stack's database", { timeout: 540_000 }, async (t) => {
  const result = await m.shell("unset NODE_OPTIONS; /opt/phoenix/services/rubik-agent/test/with-database.sh 2>&1", { timeoutMs: 500_000 });
  t.equal(result.exitCode, 0, result.stdout.slice(-4_000));
  const count = (what: string): number => Number(new RegExp(`^# ${what} (\\d+)$`, "m").exec(result.stdout)?.[1] ?? Number.NaN);
  t.ok(count("pass") >= 30, `${count("pass")} tests passed`);
  t.equal(count("fail") + count("skipped") + count("todo") + count("cancelled"), 0);
  for (const line of result.stdout.split("\n").filter((one) => /^# \d+ tasks/.test(one))) t.comment(line.slice(2));
});
