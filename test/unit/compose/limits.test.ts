import t from "tap";
import { folder, found, project } from "./given.ts";

/** Processor time, which other work on the machine does not lengthen. */
function cpuMilliseconds(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at);
const bombOf = (line: (at: number) => string, count: number) =>
  `a0: &a0 {k: 1}\n${range(count)
    .map((at) => line(at + 1))
    .join("")}`;

/** Files that include the next one, `times` times each. */
function included(count: number, times: number): Record<string, string> {
  const name = (at: number) => (at === 0 ? "compose.yaml" : `c${at}.yaml`);
  return {
    ...Object.fromEntries(
      range(count).map((at) => [
        name(at),
        `include: [${range(times)
          .map(() => name(at + 1))
          .join(", ")}]`,
      ]),
    ),
    [name(count)]: "services: {a: {image: x}}",
  };
}

const hostile: Readonly<Record<string, Readonly<Record<string, string>> | string>> = {
  "100 MB": "a".repeat(100 * 1024 * 1024),
  "10 MB of items": "- a\n".repeat(2_500_000),
  "10 MB of brackets": "[".repeat(10_000_000),
  "depth 10 000 in brackets": `a: ${"[".repeat(10_000)}${"]".repeat(10_000)}`,
  "depth 10 000 in braces": `a: ${"{a: ".repeat(10_000)}${"}".repeat(10_000)}`,
  "depth 10 000 in dashes": `${"- ".repeat(10_000)}a`,
  "depth by indentation": range(3000)
    .map((at) => `${" ".repeat(at)}a:\n`)
    .join(""),
  "alias bomb": bombOf((at) => `a${at}: &a${at} [${`*a${at - 1}, `.repeat(10)}]\n`, 12),
  "merge bomb": bombOf((at) => `a${at}: &a${at} {<<: [*a${at - 1}, *a${at - 1}], k${at}: *a${at - 1}}\n`, 40),
  "depth by aliases": bombOf((at) => `a${at}: &a${at} {k: *a${at - 1}}\n`, 200),
  "depth by merge keys": bombOf((at) => `b${at}: &b${at} {<<: *a${at - 1}}\na${at}: &a${at} {k: *b${at}}\n`, 200),
  "variables that double": {
    "compose.yaml": "services: {a: {image: $A59}}",
    ".env": `A0=xxxxxxxxxx\n${range(59)
      .map((at) => `A${at + 1}=$A${at}$A${at}\n`)
      .join("")}`,
  },
  "defaults within defaults": `services: {a: {image: '${"${A:-".repeat(100_000)}${"}".repeat(100_000)}'}}`,
  "defaults that are never closed": `services: {a: {image: '${"${A:-{}".repeat(100_000)}${"${A:-".repeat(60)}${"}".repeat(60)}'}}`,
  "a long chain of includes": included(499, 1),
  "includes that double": included(40, 2),
  "a long chain of extends": `services:\n${range(2000)
    .map((at) => `  s${at}: {extends: s${at + 1}}\n`)
    .join("")}`,
  "a long chain of extends from its end": `services:\n  s0: {image: x}\n${range(2000)
    .map((at) => `  s${at + 1}: {extends: s${at}}\n`)
    .join("")}`,
  "too many files": {
    ...Object.fromEntries(range(600).map((at) => [`c${at}.yaml`, "services: {}"])),
    "compose.yaml": `include: [${range(600)
      .map((at) => `c${at}.yaml`)
      .join(", ")}]`,
  },
};

for (const [name, files] of Object.entries(hostile)) {
  t.test(`refused in less than a second: ${name}`, async (t) => {
    let issues: readonly string[] = [];
    const spent = cpuMilliseconds(() => {
      issues = found(files);
    });
    t.match(issues[0], /compose-limit$/u);
    t.ok(spent < 1000, `${spent.toFixed(0)} ms`);
  });
}

t.test("cycles end at once", async (t) => {
  t.same(found("include: [compose.yaml]"), ["compose.yaml:1 compose-cycle"]);
  t.same(found("services: {a: {extends: a}}"), ["compose.yaml:1 compose-cycle"]);
});

t.test("a file of 500 services, each with an environment file, is read in less than a second", async (t) => {
  const service = (at: number) =>
    `  s${at}:\n    image: registry.example/app${at}:1.2.3\n    command: ["run", "--id", "${at}"]\n    environment:\n      A: "1"\n      B: \${B:-x}\n    ports:\n      - "${8000 + at}:80"\n    volumes:\n      - data${at}:/data\n      - ./conf/${at}.conf:/etc/x.conf:ro\n    depends_on: [s${Math.max(0, at - 1)}]\n    env_file: a.env\n    restart: unless-stopped\n`;
  const spent = cpuMilliseconds(() => {
    const shop = project({ "compose.yaml": `services:\n${range(500).map(service).join("")}`, "a.env": "X=1\nY=$X\n" });
    t.equal(shop.root.entries[0]?.value.kind === "map" && shop.root.entries[0].value.entries.length, 500);
  });
  t.ok(spent < 1000, `${spent.toFixed(0)} ms`);
});

t.test("what is large and honest is read", async (t) => {
  const anchors = `x-c: &c {${range(50)
    .map((at) => `k${at}: v`)
    .join(", ")}}\nservices:\n${range(500)
    .map((at) => `  s${at}: {labels: {<<: *c}}\n`)
    .join("")}`;
  t.same(found(anchors), []);
  const files = range(300).map((at) => `${folder}/f${at}.yaml`);
  t.same(found(Object.fromEntries(files.map((file) => [file, "services: {a: {image: x}}"])), { files }), []);
});

t.test("many findings are cut short, and said to be", async (t) => {
  const issues = found(
    `services: {a: {image: '${range(500)
      .map((at) => `$V${at}`)
      .join(" ")}'}}`,
  );
  t.equal(issues.length, 201);
  t.equal(issues.at(-1), " compose-limit");
});
