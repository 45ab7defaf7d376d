/**
 * A case is a folder of test/cases: `source/` is what a person wrote, `expect.txt` is every word they are told, the folder's name says
 * what it shows. Files that Git cannot carry stand in `make.json` (path -> text, or {"link": target}, {"base64": bytes},
 * {"folder": true}). `case.json` may say {"name", "podmanVersion", "others"}. A new case needs no code: with PHOENIX_WRITE_CASES=1 this
 * test writes the `expect.txt` that are missing, for you to read and judge.
 */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import t from "tap";
import { errors, type Issue, showPlace } from "../src/domain/errors.ts";
import { loadStack } from "../src/stack/load.ts";
import type { Stack } from "../src/stack/stack.ts";
import { readFolder } from "./support/folder.ts";

const { PHOENIX_WRITE_CASES } = process.env;
const casesPath = join(import.meta.dirname, "cases");
type Made = string | { readonly link: string } | { readonly base64: string } | { readonly folder: true };
type Settings = { readonly name?: string; readonly podmanVersion?: string; readonly others?: Readonly<Record<string, string>> };

for (const name of readdirSync(casesPath).sort()) {
  t.test(name.replaceAll("-", " "), (t) => {
    const work = mkdtempSync(join(tmpdir(), "phoenix-case-"));
    t.teardown(() => rmSync(work, { recursive: true, force: true }));
    const got = runCase(join(casesPath, name), join(work, "shop"));
    const expectPath = join(casesPath, name, "expect.txt");
    if (PHOENIX_WRITE_CASES === "1" && !existsSync(expectPath)) writeFileSync(expectPath, got);
    t.equal(got, readFileSync(expectPath, "utf8"));
    t.end();
  });
}

function runCase(casePath: string, source: string): string {
  mkdirSync(source);
  if (existsSync(join(casePath, "source"))) cpSync(join(casePath, "source"), source, { recursive: true, verbatimSymlinks: true });
  for (const [path, made] of Object.entries(readJson<Record<string, Made>>(join(casePath, "make.json")))) make(join(source, path), made);
  const { name, podmanVersion = "5.4.2", others = {} } = readJson<Settings>(join(casePath, "case.json"));
  const folder = readFolder(source);
  const { stack, issues } = loadStack({ folder, name, podmanVersion, others: new Map(Object.entries(others)) });
  const text = [...issues.map(showIssue), stack === undefined ? "Nothing is deployed.\n" : showStack(stack)].join("\n");
  return text.replaceAll(dirname(folder.root), "/home/me");
}

function make(path: string, made: Made): void {
  mkdirSync(dirname(path), { recursive: true });
  if (typeof made === "string") writeFileSync(path, made);
  else if ("link" in made) symlinkSync(made.link, path);
  else if ("base64" in made) writeFileSync(path, Buffer.from(made.base64, "base64"));
  else mkdirSync(path, { recursive: true });
}

function readJson<T extends object>(path: string): Partial<T> & T {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as T) : ({} as T);
}

function showIssue({ severity, code, message, place, remedy }: Issue): string {
  const where = showPlace(place);
  return `${severity} ${code}${where === "" ? "" : ` ${where}`}\n  ${message}\n  ${remedy ?? errors[code].remedy}\n`;
}

/** What was understood: enough to see that nothing went astray. */
function showStack(stack: Stack): string {
  const units = stack.units.map((unit) => {
    const paths = [...unit.paths].map(([raw, fate]) => `  ${raw} -> ${"input" in fate ? `a copy of ${fate.input}` : fate.path}`);
    const after = unit.after.length === 0 ? "" : ` after ${unit.after.join(", ")}`;
    return [`${unit.service} (${unit.object})${after}`, ...paths].join("\n");
  });
  return [`Stack ${stack.name}:`, ...units, ""].join("\n");
}
