import fc from "fast-check";
import t from "tap";
import { plain } from "../../../src/compose/node.ts";
import { plainValue } from "../../../src/compose/read/scalar.ts";
import { parseYaml } from "../../../src/compose/read/yaml.ts";
import { found, project, read, told, valueAt } from "./given.ts";

function value(text: string): unknown {
  const { nodes, issues } = parseYaml(text, "compose.yaml");
  if (issues.length > 0) throw new Error(told(issues).join("\n"));
  return nodes.map((node) => JSON.parse(JSON.stringify(plain(node))))[0];
}

function faults(text: string): readonly string[] {
  return parseYaml(text, "compose.yaml").issues.map(({ code, place }) => `${place?.line} ${code}`);
}

t.test("plain words are what Compose takes them for", async (t) => {
  const rows: readonly (readonly [string, unknown])[] = [
    ["0440", 0o440],
    ["0o440", 0o440],
    ["0x1F", 31],
    ["0b101", 5],
    ["1_000", 1000],
    ["-12", -12],
    ["+12", 12],
    ["1.50", 1.5],
    ["1e3", 1000],
    [".5", 0.5],
    ["0888", 888],
    ["22:22", "22:22"],
    ["yes", "yes"],
    ["no", "no"],
    ["on", "on"],
    ["off", "off"],
    ["y", "y"],
    ["True", true],
    ["FALSE", false],
    ["~", null],
    ["", null],
    ["Null", null],
    ["1.2.3", "1.2.3"],
    ["10.0.0.1", "10.0.0.1"],
    ["2024-01-01", "2024-01-01"],
    ["123456789012345678", "123456789012345678"],
    ["_1", "_1"],
    ["1m", "1m"],
    ["0x", "0x"],
    ["-", "-"],
  ];
  for (const [text, expected] of rows) t.equal(plainValue(text), expected, text);
  t.ok(Number.isNaN(plainValue(".nan")));
  t.equal(plainValue("-.inf"), Number.NEGATIVE_INFINITY);
});

t.test("what is quoted, tagged !!str or a block is text, and the written form of a number is kept", async (t) => {
  t.same(value(`a: "0440"\nb: '1'\nc: !!str 12\nd: |\n  1\ne: "true"\n`), { a: "0440", b: "1", c: "12", d: "1\n", e: "true" });
  const [node] = parseYaml("mode: 0440", "compose.yaml").nodes;
  t.match(node, { entries: [{ value: { value: 288, text: "0440" } }] });
});

t.test("each key and value has the line it stands in", async (t) => {
  const { root } = project("# first\n\nservices:\n  web:\n    image: a\n    ports:\n\n    - '1:1'\n    - >\n      2:2\n");
  const lines: string[] = [];
  const walk = (node: (typeof root.entries)[number]["value"], path: string): void => {
    if (node.kind === "map")
      for (const { key, keyPlace, value } of node.entries) {
        lines.push(`${path}${key} ${keyPlace.file}:${keyPlace.line}`);
        walk(value, `${path}${key}.`);
      }
    else if (node.kind === "list") for (const [at, item] of node.items.entries()) lines.push(`${path}${at} ${item.place.line}`);
  };
  walk(root, "");
  t.same(lines, [
    "services compose.yaml:3",
    "services.web compose.yaml:4",
    "services.web.image compose.yaml:5",
    "services.web.ports compose.yaml:6",
    "services.web.ports.0 8",
    "services.web.ports.1 9",
  ]);
});

t.test("lines are right whatever stands before, with LF and CRLF", async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom("", "# comment", "x-a1: {b: c}", "x-a2: |\n  one\n\n  two", "x-a3: 'x\n\n  y'"), { maxLength: 6 }),
        fc.constantFrom("\n", "\r\n"),
        (before, end) => {
          const text = [...new Set(before), "key: value", ""].join("\n");
          const line = text.split("\n").indexOf("key: value") + 1;
          const [node] = parseYaml(text.replaceAll("\n", end), "f").nodes;
          const entry = node?.kind === "map" ? node.entries.find(({ key }) => key === "key") : undefined;
          return (
            entry?.keyPlace.line === line &&
            entry.value.place.line === line &&
            entry.value.kind === "scalar" &&
            entry.value.text === "value"
          );
        },
      ),
    ),
  );
});

t.test("any text survives in double quotes", async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), (text) => {
        return (
          (value(`a: ${JSON.stringify(text).replace(/[\u007f\ufffe\uffff]/gu, "?")}`) as { a: string }).a ===
          text.replace(/[\u007f\ufffe\uffff]/gu, "?")
        );
      }),
    ),
  );
});

t.test("aliases and merge keys", async (t) => {
  t.same(value("a: &x {k: 1}\nb: *x\n"), { a: { k: 1 }, b: { k: 1 } });
  t.same(value("a: &x {k: 1, l: 2}\nb: &y {k: 3, m: 4}\nc:\n  l: 5\n  <<: [*x, *y]\n"), {
    a: { k: 1, l: 2 },
    b: { k: 3, m: 4 },
    c: { l: 5, k: 1, m: 4 },
  });
  t.same(value("a: &x {k: 1}\nb: &y {<<: *x, l: 2}\nc: {<<: *y}\n"), { a: { k: 1 }, b: { k: 1, l: 2 }, c: { k: 1, l: 2 } });
  t.same(value("l: &l [{a: 1}, {b: 2}]\nc: {<<: *l}\n"), { l: [{ a: 1 }, { b: 2 }], c: { a: 1, b: 2 } });
  t.same(value(`a: {"<<": 1}`), { a: { "<<": 1 } });
  t.same(value("&k a: 1\nb: *k\nc: ! 12\n"), { a: 1, b: "a", c: "12" });
  t.same(faults("a: &x [*x]"), ["1 compose-syntax"]);
  t.same(faults("a: *nowhere"), ["1 compose-syntax"]);
  t.same(faults("a: {<<: 1}"), ["1 compose-syntax"]);
});

t.test("doubled keys are found with both lines", async (t) => {
  t.match(told(read("services:\n  web: {image: a}\n  db: {image: b}\n  web: {image: c}\n").issues), [
    'compose.yaml:4 error compose-syntax: The key "web" stands here again: it is in line 2 already.',
  ]);
  t.same(faults("a: 1\n'a': 2"), ["2 compose-syntax"]);
});

t.test("what is no YAML is refused at its line", async (t) => {
  const rows: readonly (readonly [string, string])[] = [
    ["a: b\n\tc: d", "2"],
    ["a: [1, 2", "1"],
    ["a: 'open", "1"],
    ["a: b: c", "1"],
    ["a:\n  b: 1\n c: 2", "3"],
    ["a: \u0000", "1"],
    ["a: 1\nb: \u0007", "2"],
    ["a: !Ref b", "1"],
    ["a: !!binary aGk=", "1"],
    ["[a]: b", "1"],
    ["? {a: b}\n: c", "1"],
    ["~: b", "1"],
    ['a: "\\q"', "1"],
    ["a: @b", "1"],
    ['a:\n  - "x\\0y"', "2"],
    ['a: "\\ud800"', "1"],
  ];
  for (const [text, line] of rows) t.same(faults(text).slice(0, 1), [`${line} compose-syntax`], text);
});

t.test("no finding quotes the text", async (t) => {
  const secret = "hunter2hunter2";
  for (const text of [
    `a: "${secret}\n`,
    `a: b: ${secret}`,
    `a: [${secret}`,
    `a: "\\q${secret}"`,
    `a: | ${secret}\n  b`,
    `a: 'b' ${secret}`,
    `%${secret}\n---\na: }`,
  ]) {
    const { issues } = read(text);
    t.ok(issues.length > 0, text);
    t.notMatch(JSON.stringify(issues), secret, text);
  }
});

t.test("byte order mark, CRLF, comments only, several documents", async (t) => {
  t.equal(valueAt(project("\ufeffservices:\r\n  web:\r\n    image: a\r\n"), "services", "web", "image"), "a");
  t.same(found(""), ["compose.yaml:1 compose-syntax"]);
  t.same(found("# nothing\n---\n"), ["compose.yaml:1 compose-syntax"]);
  t.same(found("- a\n"), ["compose.yaml:1 compose-syntax"]);
  t.same(found("just words\n"), ["compose.yaml:1 compose-syntax"]);
  const both = project("services: {web: {image: a, ports: ['1:1']}}\n---\nservices: {web: {image: b, ports: ['2:2']}}\n");
  t.same(valueAt(both, "services", "web"), { image: "b", ports: ["1:1", "2:2"] });
});

t.test("keys are names as all others, whatever they mean to the language", async (t) => {
  const shop = project("services:\n  __proto__: {image: a}\n  constructor: {image: b, labels: {__proto__: x, toString: y}}\n");
  t.same(
    (shop.root.entries[0]?.value.kind === "map" ? shop.root.entries[0].value.entries : []).map(({ key }) => key),
    ["__proto__", "constructor"],
  );
});
