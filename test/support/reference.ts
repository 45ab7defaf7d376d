import type { Command } from "commander";
import { checks } from "../../src/check/verify/table.ts";
import { keyTables } from "../../src/compose/convert/keys.ts";
import type { KeyRow, KeyTable } from "../../src/compose/convert/row.ts";
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

type Row = { readonly key: string; readonly row: KeyRow<never> };

/** The rows of a table, those below a row behind it: `ports`, `ports[].target`. */
function rowsOf(table: KeyTable<never>, front = ""): readonly Row[] {
  return Object.entries(table).flatMap(([name, row]) => {
    const key = `${front}${name}`;
    const below = [
      ...(row.keys === undefined ? [] : rowsOf(row.keys, `${key}.`)),
      ...(row.items === undefined ? [] : rowsOf(row.items, `${key}[].`)),
      ...(row.each === undefined ? [] : rowsOf(row.each, `${key}.*.`)),
    ];
    return [{ key, row }, ...below];
  });
}

/** docs/reference/compose.md, from the table that converts. */
export function composePage(): string {
  const sections = Object.entries(keyTables).map(([path, table]) => {
    const rows = rowsOf(table as KeyTable<never>).map(
      ({ key, row }) => `| \`${key}\` | ${row.verdict.replace("-", " ")} | ${cell(row.what)} | ${cell(row.remedy ?? "")} |`,
    );
    const head = path === "" ? "The file" : `\`${path}\``;
    return `## ${head}\n\n| key | | what becomes of it, or why not | what to do |\n| --- | --- | --- | --- |\n${rows.join("\n")}\n`;
  });
  return `# Compose: every key, and what becomes of it

Phoenix turns a Compose file into Quadlet files. *Carried*: it means the same afterwards. *Changed*: nearly the same; the report says so, with
file and line. *Not carried*: it is left out; the report says so, and with \`--strict\` it is an error. Keys that begin with \`x-\` are nobody's
business but yours, except \`x-phoenix\`; any other key that is not in this list is an error. What a key of Quadlet cannot hold as it is
(a line break, a quote at its end) goes through \`PodmanArgs=\`, and where that cannot hold it either, it is an error: no value is bent.

Named *risky*, and refused without \`--allow-risky\`: \`privileged\`, the socket of a container engine, folders of the system, the host's network,
processes, memory or names, capabilities such as \`SYS_ADMIN\`, whole disks, and switched off filters.

Names: service \`web\` of project \`shop\` is \`shop-web.container\`, and other services find it as \`web\`; volume \`data\` is \`shop-data.volume\`, whose
Podman volume is called \`shop_data\` as in Compose.

${sections.join("\n")}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
