import t from "tap";
import { parseDotenv } from "../../../src/compose/read/dotenv.ts";
import { Reading } from "../../../src/compose/read/reading.ts";
import { found, project, read, told, valueAt } from "./given.ts";

const env = { OUTER: "outer", DB_PASSWORD: "hunter2" };

function reading(): Reading {
  return new Reading({
    files: ["/srv/shop/compose.yaml"],
    texts: new Map(),
    env: new Map(),
    envFiles: undefined,
    profiles: [],
    project: undefined,
  });
}

function parsed(text: string): { readonly values: Readonly<Record<string, string>>; readonly issues: readonly string[] } {
  const run = reading();
  const entries = parseDotenv(text, ".env", run, (name) => (name === "OUTER" ? { value: "outer", from: "environment" } : undefined));
  return { values: Object.fromEntries(entries.map(({ name, value }) => [name, value])), issues: told(run.issues) };
}

t.test("each way of writing a variable", async (t) => {
  const rows: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
    ["A=1", { A: "1" }],
    ["export A=1", { A: "1" }],
    ["  A = 1  ", { A: "1" }],
    ["A: 1", { A: "1" }],
    ["A=", { A: "" }],
    ["A=\nB=2", { A: "", B: "2" }],
    ["A=a b  c ", { A: "a b  c" }],
    ["A=b # comment", { A: "b" }],
    ["A=b#no", { A: "b#no" }],
    ["# comment\n\n  # more\nA=1", { A: "1" }],
    ["A='b # c'", { A: "b # c" }],
    ['A="b # c" # d', { A: "b # c" }],
    ["A='$OUTER \\n'", { A: "$OUTER \\n" }],
    ["A='it\\'s'", { A: "it's" }],
    ['A="say \\"x\\""', { A: 'say "x"' }],
    ['A="a\\nb\\tc\\\\d"', { A: "a\nb\tc\\d" }],
    ['A="\\q \\0101"', { A: "\\q A" }],
    ['A="one\n  two\n"', { A: "one\n  two\n" }],
    ["A='one\ntwo'\nB=1", { A: "one\ntwo", B: "1" }],
    ["A=$OUTER", { A: "outer" }],
    ["A=1\nB=${A}2", { A: "1", B: "12" }],
    ['A="${OUTER}x"', { A: "outerx" }],
    ["A=${NONE:-x}", { A: "x" }],
    ["A=$$OUTER", { A: "$OUTER" }],
    ['A="\\$OUTER"', { A: "$OUTER" }],
    ["OUTER", { OUTER: "outer" }],
    ["export OUTER", { OUTER: "outer" }],
    ["NONE\nA=1", { A: "1" }],
    ["A=1\r\nB=2\r\n", { A: "1", B: "2" }],
    ["\ufeffA=1", { A: "1" }],
    ["A=1\nA=2", { A: "2" }],
    ["a.b-c[0]=1", { "a.b-c[0]": "1" }],
    ["A=b=c", { A: "b=c" }],
    ["A=http://h:1/?q=1&r", { A: "http://h:1/?q=1&r" }],
    ["", {}],
  ];
  for (const [text, values] of rows) t.same(parsed(text), { values, issues: [] }, JSON.stringify(text));
});

t.test("entries know their line, after values of several lines too", async (t) => {
  const entries = parseDotenv("# c\nA=\"1\n2\"\n\nB='x'\nC=3", ".env", reading(), () => undefined);
  t.same(
    entries.map(({ name, place }) => `${name} ${place.line}`),
    ["A 2", "B 5", "C 6"],
  );
});

t.test("what is no NAME=value is an error at its line that quotes nothing", async (t) => {
  for (const text of [
    "A=1\nhunter2 hunter2",
    "A=1\n!hunter2=1",
    'A=1\nB="hunter2',
    "A=1\nB='hunter2\n",
    "A=1\n=hunter2",
    "A=1\nB=${hunter2",
    "A=1\nexport hunter2 x=1",
    'A=1\nB="\\0000hunter2"',
  ]) {
    const { issues } = parsed(text);
    t.match(issues[0], /^\.env:2 error compose-(syntax|variable)/u, text);
    t.notMatch(JSON.stringify(issues), /hunter2/u, text);
  }
  t.match(parsed("A='x'y\nB=1"), { values: { A: "x", B: "1" }, issues: [/^\.env:1 warning compose-syntax/u] });
});

t.test(".env fills in variables, the environment wins", async (t) => {
  const shop = project({ "compose.yaml": "services: {a: {image: '$A $OUTER'}}", ".env": "A=1\nOUTER=2\n" }, { env });
  t.equal(valueAt(shop, "services", "a", "image"), "1 outer");
});

t.test("env_file: parsed by path, formats, order, the service's own environment", async (t) => {
  const shop = project(
    {
      "compose.yaml": `services:
  a:
    image: x
    environment: {OWN: mine}
    env_file:
      - one.env
      - path: sub/two.env
      - {path: gone.env, required: false}
      - {path: raw.env, format: raw}
    label_file: labels
`,
      "one.env": "A=1\nB=$OWN $OUTER\n",
      "sub/two.env": "C=${A}2\n",
      "raw.env": "D='$A' # x\n\n# c\nDB_PASSWORD\n",
      labels: "com.example=$A\n",
    },
    { env },
  );
  t.same(
    Object.fromEntries(
      [...shop.envFiles].map(([path, entries]) => [path, Object.fromEntries(entries.map(({ name, value }) => [name, value]))]),
    ),
    {
      "/srv/shop/one.env": { A: "1", B: "mine outer" },
      "/srv/shop/sub/two.env": { C: "12" },
      "/srv/shop/raw.env": { D: "'$A' # x", DB_PASSWORD: "hunter2" },
      "/srv/shop/labels": { "com.example": "" },
    },
  );
});

t.test("env_file: what cannot be had is told", async (t) => {
  t.same(found("services:\n  a:\n    image: x\n    env_file: gone.env\n"), ["compose.yaml:4 compose-missing"]);
  t.same(found({ "compose.yaml": "services:\n  a:\n    env_file:\n      - {path: a.env, format: ini}\n", "a.env": "" }), [
    "compose.yaml:4 compose-syntax",
  ]);
  t.same(found("services:\n  a: {image: x, env_file: gone.env, profiles: [off]}\n"), []);
  t.same(found({ "compose.yaml": "services: {a: {env_file: a.env}}", "a.env": "A=\u0000" }), ["a.env compose-syntax"]);
  t.same(found({ "compose.yaml": "services: {a: {env_file: a.env}}", "a.env": "A=".padEnd(1024 * 1024 + 1, "x") }), [
    "a.env compose-limit",
  ]);
  t.same(
    told(
      read({
        "compose.yaml": "services:\n  a: {env_file: x.env, environment: {N: 1}}\n  b: {env_file: x.env, environment: [N=2]}\n",
        "x.env": "A=$N\n",
      }).issues,
    ).map((line) => line.slice(0, 40)),
    ["compose.yaml:3 error compose-variable: x"],
  );
});
