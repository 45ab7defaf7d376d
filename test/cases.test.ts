/**
 * Every case folder (support/case-folder.ts tells what they are made of) through the loader. A new case needs no code: with
 * PHOENIX_WRITE_CASES=1 this test writes the `expect.txt` that are missing, for you to read and judge.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import t from "tap";
import { errors, type Issue, showPlace } from "../src/domain/errors.ts";
import { loadStack } from "../src/stack/load.ts";
import type { Stack } from "../src/stack/stack.ts";
import { caseNames, casesPath, makeCase } from "./support/case-folder.ts";
import { readFolder } from "./support/folder.ts";

const { PHOENIX_WRITE_CASES } = process.env;

for (const name of caseNames()) {
  t.test(name.replaceAll("-", " "), (t) => {
    const work = mkdtempSync(join(tmpdir(), "phoenix-case-"));
    t.teardown(() => rmSync(work, { recursive: true, force: true }));
    const got = runCase(name, join(work, "shop"));
    const expectPath = join(casesPath, name, "expect.txt");
    if (PHOENIX_WRITE_CASES === "1" && !existsSync(expectPath)) writeFileSync(expectPath, got);
    t.equal(got, readFileSync(expectPath, "utf8"));
    t.end();
  });
}

function runCase(caseName: string, source: string): string {
  const { name, podmanVersion = "5.4.2", others = {} } = makeCase(caseName, source);
  const folder = readFolder(source);
  const { stack, issues } = loadStack({ folder, name, podmanVersion, others: new Map(Object.entries(others)) });
  const text = [...issues.map(showIssue), stack === undefined ? "Nothing is deployed.\n" : showStack(stack)].join("\n");
  return text.replaceAll(dirname(folder.root), "/home/me");
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
