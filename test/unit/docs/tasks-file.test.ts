import { accessSync, constants, readFileSync } from "node:fs";
import { type Command, CommanderError } from "commander";
import t from "tap";
import type { CliContext } from "../../../src/cli/context.ts";
import { buildProgram } from "../../../src/cli/program.ts";
import { type EditorTask, editorInputs, editorTasks } from "../../support/editor-tasks.ts";

// The editor's tasks are what a person would type. Each of their commands is parsed by what would run it, for every choice of an input.

const services = ["gap-detector", "recurrent-processor", "analysis-engine", "rubik-agent", "nginx", "db"];

const scriptsOf = (folder: string): Readonly<Record<string, string>> =>
  (JSON.parse(readFileSync(`${folder}/package.json`, "utf8")) as { readonly scripts: Readonly<Record<string, string>> }).scripts;

/** Once for every choice of every input. */
function resolved(command: string): readonly string[] {
  const [whole, id] = /\$\{input:(\w+)\}/u.exec(command) ?? [];
  if (whole === undefined) return [command];
  const input = editorInputs.find((one) => one.id === id);
  if (input === undefined) throw new Error(`no input '${id}'`);
  return input.options.flatMap((option) => resolved(command.replaceAll(whole, option)));
}

/** Parses a command line as the program does, verb, options and arguments, and runs nothing. */
async function parse(words: readonly string[]): Promise<void> {
  const context = { version: "0.0.0", out: () => {}, err: () => {} } as unknown as CliContext;
  const program = buildProgram(context, () => {});
  disarm(program);
  await program.parseAsync([...words], { from: "user" });
}

function disarm(command: Command): void {
  if (command.commands.length === 0) command.action(() => {});
  for (const child of command.commands) disarm(child);
}

/** What may stand at the beginning of a command, and how it is known to be right. */
const programs: Readonly<Record<string, (words: readonly string[], task: EditorTask) => Promise<void> | void>> = {
  phoenix: (words) => parse(words),
  systemctl: ([scope, verb, unit = "", ...rest]) => {
    if (scope !== "--user" || rest.length > 0 || !["start", "stop"].includes(verb ?? "")) throw new Error("not a start or stop of ours");
    accessSync(`systemd/${unit}`);
  },
  podman: (words) => {
    const [, container = ""] = /^exec --interactive --tty phoenix-([a-z-]+) sh$/u.exec(words.join(" ")) ?? [];
    if (!readFileSync(`quadlet/${container}.container`, "utf8").includes(`ContainerName=phoenix-${container}\n`))
      throw new Error("no such container");
  },
  npm: ([verb = "", name = verb], task) => {
    const folder = task.options?.cwd.replace("${workspaceFolder}", ".") ?? ".";
    if (verb === "ci") accessSync(`${folder}/package-lock.json`);
    else if (scriptsOf(folder)[verb === "run" ? name : verb] === undefined) throw new Error(`no script ${name} in ${folder}`);
  },
  "services/rubik-agent/test/with-database.sh": () => accessSync("services/rubik-agent/test/with-database.sh", constants.X_OK),
};

t.test("every task's command is one that its program takes", async (t) => {
  for (const task of editorTasks) {
    if (task.type === "npm") t.hasProp(scriptsOf("."), task.script ?? "", task.label);
    for (const line of resolved(task.command ?? "")
      .flatMap((command) => command.split(/\s*(?:;|&&)\s*/u))
      .filter(Boolean)) {
      const [name = "", ...words] = line.split(" ");
      const check = programs[name];
      if (check === undefined) t.fail(`${task.label}: nobody knows ${name}`);
      else
        await t.resolves(
          Promise.resolve().then(() => check(words, task)),
          `${task.label}: ${line}`,
        );
    }
  }
});

t.test("a verb, an option or an argument that is not there is noticed", async (t) => {
  for (const line of ["phoenix", "deploi ./quadlet", "status --wach", "plan", "logs web --lines", "rollback a b c"]) {
    await t.rejects(parse(line.split(" ")), CommanderError, line);
  }
});

t.test("every service can be chosen and followed, and a default is a choice", async (t) => {
  for (const { options, default: first } of editorInputs) t.ok(options.includes(first), first);
  t.same(editorInputs.find(({ id }) => id === "service")?.options, services);
  for (const name of services)
    t.ok(
      editorTasks.some(({ command = "" }) => command === `phoenix logs ${name} --follow`),
      name,
    );
});
