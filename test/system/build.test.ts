import t from "tap";
import type { BuildRow } from "../../src/deploy/buildStack.ts";
import { installProber } from "../support/install-prober.ts";
import { machine } from "../support/machine.ts";

/** Images that stand on each other, built by `phoenix build` and by a deploy. */
const m = await machine(t);
await installProber(m);
await m.loadTestImage();

const write = async (base: string, web: string): Promise<void> => {
  const build = (name: string, more = ""): Promise<void> =>
    m.writeFile(
      `shop/${name}.build`,
      `${more}[Build]\nImageTag=localhost/shop-${name}:1.0\nImageTag=localhost/shop-${name}:latest\nSetWorkingDirectory=../images/${name}\n`,
    );
  const onBase = "[Unit]\nRequires=base-build.service\nAfter=base-build.service\n";
  await build("base");
  await build("web", onBase);
  await build("api", onBase);
  await m.writeFile("images/base/Containerfile", `FROM localhost/phoenix-test/server:latest\nENV BASE=${base}\n`);
  await m.writeFile("images/web/Containerfile", `FROM localhost/shop-base:latest\nENV VERSION=${web}\n`);
  await m.writeFile("images/api/Containerfile", "FROM localhost/shop-base:latest\nENV API=1\n");
  for (const name of ["web", "api"])
    await m.writeFile(`shop/${name}.container`, `[Container]\nImage=${name}.build\n[X-Phoenix]\nMinHealthy=1s\n`);
};

const build = async (...args: readonly string[]): Promise<readonly BuildRow[]> => {
  const result = await m.phoenix(["build", "shop", "--json", "--quiet", ...args], { timeoutMs: 120_000 });
  if (result.exitCode !== 0) throw new Error(result.stderr);
  return JSON.parse(result.stdout) as readonly BuildRow[];
};
const outcomes = (rows: readonly BuildRow[]) => rows.map(({ file, outcome }) => `${file} ${outcome}`);
const invocations = (): Promise<string> => m.stdout("systemctl --user show --property InvocationID --value api.service web.service");

t.test("what others stand on is built first, each once, and said in a table", async (t) => {
  await write("1", "1");
  const { exitCode, stdout, stderr } = await m.phoenix(["build", "shop"], { timeoutMs: 120_000 });
  t.equal(exitCode, 0, stderr);
  t.match(
    stdout,
    /^web\.build +built +[\d.]+ MB +[\d.]+ m?s +localhost\/shop-web:1\.0 localhost\/shop-web:latest localhost\/phoenix\/shop\/web:[0-9a-f]{12}$/m,
  );
  const begun = [...stderr.matchAll(/(\S+)\.build: building/g)].map(([, name]) => name);
  t.equal(begun[0], "base");
  t.same([...begun].sort(), ["api", "base", "web"]);
});

t.test("a second time nothing is built, and a deploy of it restarts nothing", async (t) => {
  t.same(outcomes(await build()), ["api.build unchanged", "base.build unchanged", "web.build unchanged"]);
  const first = await m.phoenix(["deploy", "shop"], { timeoutMs: 120_000 });
  t.equal(first.exitCode, 0, first.stderr);
  const running = await invocations();
  const rows = await build();
  t.ok(
    rows.every(({ outcome, tookMs }) => outcome === "unchanged" && tookMs === 0),
    "the generation knows what they were made of: they are not even run",
    { rows },
  );
  const second = await m.phoenix(["deploy", "shop"]);
  t.match(second.stdout, /^Nothing to do/);
  t.equal(await invocations(), running);
});

t.test("a changed base changes what stands on it, and the plan says so before", async (t) => {
  const before = await invocations();
  await write("2", "1");
  const plan = await m.phoenix(["plan", "shop"]);
  t.match(plan.stdout, /api\.container/);
  t.match(plan.stdout, /known after build/);
  t.same(outcomes(await build("web")), ["web.build built"], "only what was asked for, and its base");
  const { exitCode, stderr } = await m.phoenix(["deploy", "shop"], { timeoutMs: 120_000 });
  t.equal(exitCode, 0, stderr);
  t.not(await invocations(), before);
  t.match(await m.stdout("podman exec systemd-api env"), "BASE=2");
  await write("2", "2");
  const [api] = (await invocations()).split("\n");
  const next = await m.phoenix(["deploy", "shop"], { timeoutMs: 120_000 });
  t.equal(next.exitCode, 0, next.stderr);
  t.equal((await invocations()).split("\n")[0], api, "whose image did not change does not restart");
});

t.test("one that fails ends the others, and says which and why", async (t) => {
  await m.writeFile("images/api/Containerfile", "FROM localhost/shop-base:latest\nRUN echo the-reason; exit 4\n");
  await m.writeFile("images/web/Containerfile", "FROM localhost/shop-base:latest\nRUN sleep 60\n");
  const started = performance.now();
  const { exitCode, stderr } = await m.phoenix(["build", "shop"], { timeoutMs: 120_000 });
  t.equal(exitCode, 1);
  t.match(stderr, /api\.build: the-reason/);
  t.match(stderr, /build-failed/);
  t.ok(performance.now() - started < 50_000, "nobody waits for the one that sleeps");
  t.equal(await m.stdout("systemctl --user list-units --no-legend 'phoenix:*'"), "");
  const unknown = await m.phoenix(["build", "shop", "nobody"]);
  t.equal(unknown.exitCode, 4);
  t.match(unknown.stderr, /Cannot build nobody\.build: .* has api\.build, base\.build, web\.build/);
});
