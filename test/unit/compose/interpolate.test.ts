import fc from "fast-check";
import t from "tap";
import { found, project, read, told, valueAt } from "./given.ts";

const env = { SET: "value", EMPTY: "", OTHER: "other", DB_PASSWORD: "hunter2" };

function filled(text: string): unknown {
  return valueAt(project(`services: {a: {image: ${JSON.stringify(text)}}}`, { env }), "services", "a", "image");
}

t.test("each form and operator", async (t) => {
  const rows: readonly (readonly [string, string])[] = [
    ["$SET", "value"],
    ["${SET}", "value"],
    ["a$SET-b", "avalue-b"],
    ["$$SET", "$SET"],
    ["$$$SET", "$value"],
    ["$UNSET", ""],
    ["${EMPTY}", ""],
    ["${SET:-x}", "value"],
    ["${EMPTY:-x}", "x"],
    ["${EMPTY-x}", ""],
    ["${UNSET:-x}", "x"],
    ["${UNSET-x}", "x"],
    ["${UNSET:-}", ""],
    ["${SET:+x}", "x"],
    ["${EMPTY:+x}", ""],
    ["${EMPTY+x}", "x"],
    ["${UNSET+x}", ""],
    ["${SET:?no}", "value"],
    ["${EMPTY?no}", ""],
    ["${UNSET:-${OTHER}}", "other"],
    ["${UNSET:-${EMPTY:-$OTHER}}!", "other!"],
    ["${UNSET:-a}b}", "ab}"],
    ['${UNSET:-{"a": {"b": {}}}}', '{"a": {"b": {}}}'],
    ["${UNSET:-{}", "{"],
    ["${UNSET:-http://h:80/?q=1}", "http://h:80/?q=1"],
    ["${SET:+${OTHER}}${SET}", "othervalue"],
    ["$1 $(date) 5$ $", "$1 $(date) 5$ $"],
    ["$SET$OTHER", "valueother"],
  ];
  for (const [text, expected] of rows) t.equal(filled(text), expected, text);
});

t.test("text without a dollar sign stays as it is", async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(fc.string(), (text) => {
        const clean = text.replace(/[$\u007f]/gu, "");
        return filled(clean) === clean;
      }),
    ),
  );
});

t.test("doubled dollar signs are how any text is written", async (t) => {
  t.doesNotThrow(() => fc.assert(fc.property(fc.stringMatching(/^[ -~]*$/u), (text) => filled(text.replaceAll("$", "$$$$")) === text)));
});

t.test("values only, never keys; a value from a variable is a string", async (t) => {
  const shop = project("services:\n  a:\n    image: $SET\n    labels: {$SET: $EMPTY}\n    cpus: ${CPUS:-2}\n    mem_limit: 5\n", { env });
  t.same(valueAt(shop, "services", "a"), { image: "value", labels: { $SET: "" }, cpus: "2", mem_limit: 5 });
});

t.test("a variable that is not set is a warning once, with its place", async (t) => {
  t.same(told(read("services:\n  a:\n    image: $NONE\n    user: $NONE\n").issues), [
    "compose.yaml:3 warning compose-variable: The variable NONE is not set: nothing stands in its place.",
  ]);
});

t.test("a variable that is needed is an error with its place and message, as written", async (t) => {
  t.same(told(read("services:\n  a:\n    image: ${NONE:?say it, not $DB_PASSWORD}\n    user: ${EMPTY:?}\n", { env }).issues), [
    "compose.yaml:3 error compose-variable: The variable NONE is not set, and is needed: say it, not $DB_PASSWORD",
    "compose.yaml:4 error compose-variable: The variable EMPTY is empty, and is needed.",
  ]);
});

t.test("what cannot be read is an error, and quotes nothing", async (t) => {
  for (const text of ["${hunter2", "${}", "${1hunter2}", "${A hunter2}", "${A:hunter2}", "${A%hunter2}", "${A:-${hunter2}"]) {
    const { issues } = read(`services:\n  a:\n    image: '${text}'\n`);
    t.match(told(issues)[0], /^compose.yaml:3 error compose-variable/u, text);
    t.notMatch(JSON.stringify(issues), "hunter2");
  }
});

t.test("part of a password that looks like a variable is not told", async (t) => {
  const text = "services:\n  a:\n    environment:\n      - DB_PASSWORD=pa$hunter2\n      - TOKEN=$NONE\n      - X=a$NONE\n";
  const { issues, project } = read({ "compose.yaml": text, ".env": "API_KEY=x$hunter2\n" });
  t.same(told(issues), [
    ".env:1 warning compose-variable: What follows a dollar sign in this value is taken for a variable, which is not set.",
    "compose.yaml:4 warning compose-variable: What follows a dollar sign in this value is taken for a variable, which is not set.",
    "compose.yaml:5 warning compose-variable: The variable NONE is not set: nothing stands in its place.",
  ]);
  t.notMatch(JSON.stringify([issues, project?.variables]), "hunter2");
});

t.test("it is known where each variable's value came from, and only that", async (t) => {
  const shop = project(
    {
      "compose.yaml": "services: {a: {image: '$SET $FILE ${NONE:-x} $GONE', environment: [DB_PASSWORD, NOWHERE, X=hunter2]}}",
      ".env": "FILE=1\nSET=2\n",
    },
    { env },
  );
  t.same(
    shop.variables.map(({ name, from }) => `${name} ${from}`),
    ["SET environment", "FILE env-file", "NONE default", "GONE unset", "DB_PASSWORD environment", "NOWHERE unset"],
  );
  t.notMatch(JSON.stringify(shop.variables), "hunter2");
  t.same(["FILE", "SET", "GONE"].map(shop.variable), ["1", "value", undefined]);
  t.same(valueAt(shop, "services", "a", "environment"), ["DB_PASSWORD=hunter2", "NOWHERE", "X=hunter2"]);
});

t.test("names without a value take it from the variables, in maps and build arguments too", async (t) => {
  const shop = project("services: {a: {build: {context: ., args: [SET, NONE]}, environment: {SET: , NONE: , X: ''}}}", { env });
  t.same(valueAt(shop, "services", "a"), {
    build: { context: ".", args: ["SET=value", "NONE"] },
    environment: { SET: "value", NONE: null, X: "" },
  });
});

t.test("--env-file in place of .env, a later one over an earlier one, and the environment over all", async (t) => {
  const files = {
    "compose.yaml": "services: {a: {image: '$A $B $SET'}}",
    ".env": "A=0\n",
    "one.env": "A=1\nB=1\nSET=1\n",
    "two.env": "B=${A}2\n",
  };
  const envFiles = ["/srv/shop/one.env", "/srv/shop/two.env"];
  t.equal(valueAt(project(files, { envFiles, env }), "services", "a", "image"), "1 12 value");
  t.same(found(files, { envFiles: ["/srv/shop/none.env"] }).slice(0, 1), [" compose-missing"]);
});
