import { readFileSync } from "node:fs";
import t from "tap";
import type { CliContext } from "../../../src/cli/context.ts";
import { buildProgram } from "../../../src/cli/program.ts";

// The editor's tasks name verbs and scripts; one that was renamed must not go on standing there.

type Task = { readonly label: string; readonly type: string; readonly script?: string; readonly command?: string };

/** JSON with comments on lines of their own. */
const text = readFileSync(".vscode/tasks.json", "utf8").replaceAll(/^\s*\/\/.*$/gm, "");
const { tasks } = JSON.parse(text) as { readonly tasks: readonly Task[] };
const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly scripts: Readonly<Record<string, string>> };
const program = buildProgram({ version: "0.0.0", out: () => {}, err: () => {} } as unknown as CliContext, () => {});
const verbs = program.commands.map((command) => command.name());

t.test("every npm task of the editor is a script, and every phoenix task a verb", async (t) => {
  for (const { label, type, script = "", command = "" } of tasks) {
    if (type === "npm") t.hasProp(scripts, script, label);
    for (const [, verb = ""] of command.matchAll(/\bphoenix ([a-z]+)/g)) t.ok(verbs.includes(verb), `${label}: phoenix ${verb}`);
  }
});

t.test("every service has a task for its logs", async (t) => {
  const labels = tasks.map(({ label }) => label);
  for (const name of ["gap-detector", "recurrent-processor", "analysis-engine", "rubik-agent", "nginx", "db"]) {
    t.ok(labels.includes(`logs: ${name}`), name);
  }
});
