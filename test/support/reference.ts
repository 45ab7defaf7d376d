import type { Command } from "commander";
import { checks } from "../../src/check/verify/table.ts";
import { errors } from "../../src/domain/errors.ts";
import { events } from "../../src/domain/events.ts";
import { exitMeanings } from "../../src/domain/exit.ts";

/** docs/reference/errors.md, from the tables that the program itself uses. */
export function errorsPage(): string {
  const rows = Object.entries(errors)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, { exit, remedy }]) => `| \`${code}\` | ${exit} | ${remedy.replaceAll("|", "\\|")} |`);
  const codes = Object.entries(exitMeanings).map(([code, meaning]) => `| ${code} | ${meaning} |`);
  return `# Errors and exit codes

Every error names what was found, where (\`file:line\`), and what to do. The word in brackets is its code.

## Exit codes

| code | meaning |
| --- | --- |
${codes.join("\n")}

\`phoenix sandbox run\` and \`phoenix logs\` end with the exit code of the program they ran.

## Errors

| code | exit | what to do |
| --- | --- | --- |
${rows.join("\n")}

## Events

Each is one line of \`phoenix history\` and one of the journal (field \`PHOENIX_EVENT\`; \`PRIORITY\` as below: 3 error, 4 warning, 5 notice, 6 info).

| event | priority |
| --- | --- |
${Object.entries(events)
  .map(([name, { priority }]) => `| \`${name}\` | ${priority} |`)
  .join("\n")}
`;
}

/** docs/reference/checks.md, from the table that `phoenix verify` runs. */
export function checksPage(): string {
  const rows = checks.map(({ name, about }) => `| \`${name}\` | ${about} |`);
  return `# What \`phoenix verify\` looks at

It changes nothing, and needs neither the agent nor a registry. A finding names the unit or file, what is wrong, and what to do; its
code stands in [errors.md](errors.md). Exit code 3 when something is wrong. Warnings, and what could not be checked (told with the reason),
leave it at 0. \`--json\` has all of it.

| check | it is fine when |
| --- | --- |
${rows.join("\n")}

Tries from inside a container run this program in its network namespace for a second; nothing is installed in it, and no packet leaves the machine.
`;
}

/** docs/reference/cli.md, from the command tree. */
export function cliPage(program: Command): string {
  return `# Command line

\`phoenix --help\` and \`phoenix VERB --help\` say the same. Exit codes: [errors.md](errors.md).
${commands(program, "phoenix").join("")}`;
}

function commands(command: Command, path: string): readonly string[] {
  const help = command.createHelp();
  return help
    .visibleCommands(command)
    .filter((child) => child.name() !== "help")
    .flatMap((child) => {
      const name = `${path} ${child.name()}`;
      const inner = child.createHelp();
      const takes = inner.visibleArguments(child).map((argument) => `| \`${argument.name()}\` | ${argument.description} |`);
      const options = inner
        .visibleOptions(child)
        .filter((option) => option.long !== "--help")
        .map((option) => `| \`${option.flags}\` | ${option.description} |`);
      const rows = [...takes, ...options];
      const table = rows.length === 0 ? "" : `\n| | |\n| --- | --- |\n${rows.join("\n")}\n`;
      return [`\n## \`${name} ${child.usage()}\`\n\n${child.description()}\n${table}`, ...commands(child, name)];
    });
}
