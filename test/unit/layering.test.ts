import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import t from "tap";

/** The rooms from left to right: a file may import from its own room and from those to its left. */
const rooms = [
  "domain",
  "quadlet",
  "compose",
  "stack",
  "health",
  "heal",
  "plan",
  "check",
  "ports",
  "deploy",
  "migrate",
  "agent",
  "cli",
  "main",
];
/** These stand beside the row: they may import domain, quadlet and ports, and only main imports them. */
const besides = ["adapters", "sandbox"];
const besidesMayImport = ["domain", "quadlet", "ports"];
/** What touches the outside stays in the adapters; `main` starts processes and asks the terminal. */
const outside = /^(node:(fs|net|http|https|child_process|dns|dgram|tls|readline|os|timers)(\/.*)?|dbus-next|execa|pino|node-cron)$/;
/** Pure parts of those modules. */
const pureNames = new Set(["BlockList", "isIP"]);
const longestFile = 250;

type Import = {
  readonly file: string;
  readonly room: string;
  readonly target: string;
  readonly names: readonly string[];
  readonly isType: boolean;
};

const files = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => join("src", path));

function roomOf(path: string): string {
  const first = relative("src", path).split("/")[0] ?? "";
  return first.replace(/\.ts$/, "");
}

function importsOf(file: string): readonly Import[] {
  const text = readFileSync(file, "utf8");
  const pattern = /(?:import|export)\s+(type\s+)?([^;"']*?)\s*from\s*"([^"]+)"|import\("([^"]+)"\)/g;
  return [...text.matchAll(pattern)].map(([, type, names = "", target, dynamic]) => ({
    file,
    room: roomOf(file),
    target: target ?? dynamic ?? "",
    isType: type !== undefined,
    names: names
      .replace(/[{}]/g, "")
      .split(",")
      .map((name) => name.trim().replace(/^type /, ""))
      .filter(Boolean),
  }));
}

const imports = files.flatMap(importsOf);

t.test("rooms import only to the left", async (t) => {
  const wrong = imports
    .filter(({ target }) => target.startsWith("."))
    .map((found) => ({ ...found, to: roomOf(relative(process.cwd(), resolve(dirname(found.file), found.target))) }))
    .filter(({ room, to }) => room !== to && !mayImport(room, to))
    .map(({ file, target }) => `${file} -> ${target}`);
  t.same(wrong, []);
});

function mayImport(from: string, to: string): boolean {
  if (from === "main") return true;
  if (besides.includes(to)) return false;
  if (besides.includes(from)) return besidesMayImport.includes(to);
  return rooms.indexOf(to) < rooms.indexOf(from);
}

t.test("the imports are found at all", async (t) => {
  t.ok(imports.some(({ room, target }) => room === "main" && target === "./cli/program.ts"));
  t.ok(imports.some(({ target }) => target === "dbus-next"));
});

t.test("every room is one the design names", async (t) => {
  const unknown = [...new Set(files.map(roomOf))].filter((room) => !rooms.includes(room) && !besides.includes(room));
  t.same(unknown, []);
});

t.test("only adapters, the sandbox and main touch the outside", async (t) => {
  const wrong = imports
    .filter(
      ({ room, target, names }) =>
        ![...besides, "main"].includes(room) && outside.test(target) && !names.every((name) => pureNames.has(name)),
    )
    .map(({ file, target }) => `${file} -> ${target}`);
  t.same(wrong, []);
});

t.test("the clock, the environment and chance stay out of what decides", async (t) => {
  const pure = files.filter((file) => ["domain", "quadlet", "compose", "stack", "health", "heal", "plan", "check"].includes(roomOf(file)));
  const wrong = pure.filter((file) =>
    /\b(Date\.now|Math\.random|process\.|performance\.now|setTimeout)\b/.test(
      readFileSync(file, "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, ""),
    ),
  );
  t.same(wrong, []);
});

t.test("no import goes in a circle, but for types, which are gone when it runs", async (t) => {
  const graph = new Map(
    files.map((file) => [
      file,
      importsOf(file)
        .filter(({ target, isType }) => target.startsWith(".") && !isType)
        .map(({ target }) => relative(process.cwd(), resolve(dirname(file), target))),
    ]),
  );
  const done = new Set<string>();
  const circles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(" -> "));
    else if (!done.has(file)) {
      for (const next of graph.get(file) ?? []) visit(next, [...path, file]);
      done.add(file);
    }
  };
  for (const file of files) visit(file, []);
  t.same(circles, []);
});

t.test("one idea per file: none is longer than 250 lines", async (t) => {
  t.same(
    files.filter((file) => readFileSync(file, "utf8").split("\n").length > longestFile + 1),
    [],
  );
});
