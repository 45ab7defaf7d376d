import fc from "fast-check";
import t from "tap";
import { missingArguments, objectNames } from "../../src/quadlet/expected.ts";
import { parseDocument } from "../../src/quadlet/parse.ts";
import { loadStack } from "../../src/stack/load.ts";
import { pinTag, renderStack } from "../../src/stack/render.ts";
import type { Stack } from "../../src/stack/stack.ts";
import { folderOf } from "../support/folder.ts";
import { generate } from "../support/generator.ts";
import { seed, soakMs } from "./budget.ts";

/**
 * Random stacks, sensible and hostile, from source to generated service: the loader never throws and always has a reason, and what it
 * takes, Podman's own generator takes too, and loses nothing of it.
 */
const names = ["web", "api", "db", "my-app", "x1"] as const;
const hostile = [
  "%",
  "%%",
  "%n",
  "$",
  "$$",
  "\\",
  "\\x41",
  '"',
  "'",
  ";",
  "#",
  "\t",
  "\u00e4",
  "\u202e",
  "=",
  ",",
  ":",
  "{{.}}",
  " ",
  "\\n",
];
const word = fc.oneof(
  { weight: 5, arbitrary: fc.stringMatching(/^[A-Za-z0-9_./:-]{1,12}$/) },
  {
    weight: 2,
    arbitrary: fc
      .array(fc.oneof(fc.constantFrom(...hostile), fc.constantFrom("a", "b", "1")), { maxLength: 6 })
      .map((parts) => parts.join("")),
  },
  { weight: 1, arbitrary: fc.string({ maxLength: 8, unit: "grapheme" }).map((text) => text.replaceAll(/[\n\r]/g, " ")) },
);
const span = fc.constantFrom("0", "500ms", "1s", "10s", "2min", "1h", "-1s", "soon", "");
const probe = fc.constantFrom(
  "http://:8080/health",
  "https://:443/",
  "tcp://:5432",
  "postgres://:5432",
  "unit:",
  "podman:",
  "exec:true",
  "exec:sh -c 'exit 0'",
  "ftp://:1",
  "http://",
);
const container = fc.array(
  fc.oneof(
    fc.tuple(
      fc.constantFrom("Environment", "Label", "Annotation"),
      fc.tuple(fc.stringMatching(/^[A-Za-z_]{1,6}$/), word).map(([key, value]) => `${key}=${value}`),
    ),
    fc.tuple(
      fc.constantFrom("Exec", "HealthCmd", "PodmanArgs", "Tmpfs", "AddCapability", "HostName", "User", "WorkingDir", "Sysctl"),
      word,
    ),
    fc.tuple(
      fc.constant("PublishPort"),
      fc.constantFrom("8080:80", "127.0.0.1:8081:8080", "80", "99999:1", "[::1]:8082:80", "8000-8002:9000-9002"),
    ),
    fc.tuple(fc.constant("Network"), fc.constantFrom("front.network", "back.network", "host", "none", "systemd-front", "nowhere.network")),
    fc.tuple(fc.constant("Volume"), fc.constantFrom("data.volume:/data", "/srv/x:/x:ro", "./conf:/conf:ro", "named:/n", "gone.volume:/g")),
    fc.tuple(fc.constant("EnvironmentFile"), fc.constantFrom("./app.env", "./gone.env")),
    fc.tuple(fc.constant("Secret"), fc.constantFrom("token", "token,type=env,target=TOKEN")),
  ),
  { maxLength: 6 },
);
const policy = fc.array(
  fc.oneof(
    fc.tuple(fc.constantFrom("Startup", "Readiness", "Liveness"), probe),
    fc.tuple(fc.constantFrom("Period", "Timeout", "InitialDelay", "MinHealthy", "StartupDeadline", "Grace"), span),
    fc.tuple(fc.constantFrom("FailureThreshold", "SuccessThreshold"), fc.constantFrom("1", "3", "0", "many")),
    fc.tuple(fc.constant("RestartBudget"), fc.constantFrom("5/10min", "0/1s", "5")),
    fc.tuple(fc.constant("GenerateSecret"), fc.constantFrom("token", "../x")),
    fc.tuple(fc.constantFrom("Rehearse", "Rollback", "Heal", "Redainess"), fc.constantFrom("auto", "yes", "no", "restart", "none")),
  ),
  { maxLength: 3 },
);
const relations = fc.array(
  fc.tuple(
    fc.constantFrom("After", "Wants", "Requires", "Before"),
    fc.constantFrom(...names).map((name) => `${name}.service`),
  ),
  { maxLength: 2 },
);
const service = fc.array(
  fc.tuple(
    fc.constantFrom("Restart", "TimeoutStopSec", "Environment", "ExecStartPre"),
    fc.constantFrom("always", "no", "5", "A=b", "/bin/true"),
  ),
  { maxLength: 1 },
);

type Lines = readonly (readonly [string, string])[];
const section = (name: string, lines: Lines): string =>
  lines.length === 0 ? "" : `[${name}]\n${lines.map(([key, value]) => `${key}=${value}\n`).join("")}`;
const unit = fc
  .record({
    relations,
    container,
    service,
    policy,
    image: fc.constantFrom("docker.io/library/nginx:1.27", "localhost/a:1", "nginx", "made.build", ""),
  })
  .map(
    (made) =>
      section("Unit", made.relations) +
      section("Container", [["Image", made.image], ...made.container]) +
      section("Service", made.service) +
      section("X-Phoenix", made.policy),
  );
/** Now and then a text that was cut off, or has something in it that nobody wrote. */
const damaged = fc
  .tuple(unit, fc.nat(200), fc.constantFrom("", "\n", "\0", "[", "\\\n", "\ufeff"))
  .map(([text, at, insert]) => `${text.slice(0, at)}${insert}${insert === "" ? "" : text.slice(at)}`);
const stack = fc.record({
  units: fc.dictionary(fc.constantFrom(...names), fc.oneof({ weight: 9, arbitrary: unit }, { weight: 1, arbitrary: damaged }), {
    minKeys: 1,
    maxKeys: 4,
  }),
  network: fc.constantFrom("[Network]\n", "[Network]\nInternal=true\n", "[Network]\nSubnet=10.1.0.0/24\n", "[Network]\nSubnet=nonsense\n"),
  dropIn: fc.option(
    container.map((lines) => section("Container", lines)),
    { nil: undefined },
  ),
});

type Made = typeof stack extends fc.Arbitrary<infer T> ? T : never;

function filesOf({ units, network, dropIn }: Made): Readonly<Record<string, string>> {
  return {
    ...Object.fromEntries(Object.entries(units).map(([name, text]) => [`${name}.container`, text])),
    ...{ "front.network": network, "back.network": "[Network]\n", "data.volume": "[Volume]\n", "app.env": "A=1\n", "conf/a.conf": "x\n" },
    ...(dropIn === undefined ? {} : { "container.d/10-all.conf": dropIn }),
  };
}

let taken = 0;
let refused = 0;

function render(loaded: Stack): { readonly texts: ReadonlyMap<string, string>; readonly isRefused: boolean } {
  const id = "ab".repeat(32);
  const images = new Map(
    loaded.units.flatMap((one) =>
      one.image === undefined ? [] : [[one.file, { reference: one.image.reference, id, tag: pinTag(loaded.name, one, id) }] as const],
    ),
  );
  const inputDigests = new Map(loaded.inputs.map((input) => [input.source, { digest: "cd".repeat(32), kind: input.kind }]));
  const { candidate, issues } = renderStack({
    stack: loaded,
    images,
    inputDigests,
    stateRoot: "/state",
    generatorVersion: "5.4.2",
    createdAt: 0,
  });
  return {
    texts: new Map(candidate.units.map((one) => [one.file, one.text])),
    isRefused: issues.some(({ severity }) => severity === "error"),
  };
}

t.test("random stacks: refused with a reason, or taken by Podman's generator as they were meant", async (t) => {
  const property = fc.asyncProperty(stack, async (made) => {
    const { stack: loaded, issues } = loadStack({ folder: folderOf(filesOf(made)), name: undefined, podmanVersion: "5.4.2" });
    for (const issue of issues)
      if (issue.message.length < 10 || issue.message.includes("undefined")) throw new Error(`no message: ${JSON.stringify(issue)}`);
    const hasErrors = issues.some(({ severity }) => severity === "error");
    if (loaded === undefined || hasErrors) {
      refused += 1;
      if (!hasErrors || loaded !== undefined) throw new Error(`loaded and refused disagree: ${JSON.stringify(issues)}`);
      return;
    }
    const { texts, isRefused } = render(loaded);
    if (isRefused) {
      refused += 1;
      return;
    }
    const { services, complaints, exitCode } = await generate(texts);
    if (exitCode !== 0 || complaints.length > 0) throw new Error(`the generator says: ${complaints.join("\n")}`);
    const documents = new Map([...texts].map(([file, text]) => [file, parseDocument(text, file).document]));
    for (const one of loaded.units) {
      const document = documents.get(one.file);
      if (document === undefined) continue;
      const generated = services.get(one.service);
      if (generated === undefined) throw new Error(`no ${one.service} of ${one.file}`);
      const lost = missingArguments(document, one.type, generated, { objects: objectNames(documents) });
      if (lost.length > 0) throw new Error(`lost: ${lost.join("\n")}`);
    }
    taken += 1;
  });
  const outcome = await fc.check(property, {
    numRuns: 10_000_000,
    interruptAfterTimeLimit: soakMs,
    markInterruptAsFailure: false,
    seed,
    endOnFailure: false,
  });
  t.comment(`seed ${seed}`);
  t.comment(`${outcome.numRuns} stacks: ${taken} taken, ${refused} refused`);
  t.notOk(
    outcome.failed,
    outcome.failed ? `${String(outcome.errorInstance)}\n${JSON.stringify(filesOf(outcome.counterexample?.[0] as Made), null, 2)}` : "",
  );
  t.ok(taken > 0 && refused > 0, "both kinds were met");
});
