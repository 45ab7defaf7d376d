import { resolve } from "node:path";
import { type Imported, importSource } from "../../deploy/import.ts";
import { makeSecrets } from "../../deploy/secrets.ts";
import { showPlace } from "../../domain/errors.ts";
import { exits } from "../../domain/exit.ts";
import type { CliContext } from "../context.ts";
import { showIssue } from "../failure.ts";
import { paint } from "../paint.ts";
import { printable } from "../printable.ts";
import type { Register } from "../program.ts";
import { reportText, type SourceFlags, sourceRequest, sourcing } from "../sourcing.ts";
import { shellWord, switchOver } from "../switchOver.ts";

type Options = SourceFlags & { readonly out?: string; readonly force?: true; readonly json?: true };

/** `phoenix import SOURCE`. */
export const registerImport: Register = (program, context, run) => {
  sourcing(
    program
      .command("import")
      .description(
        "write a folder of Quadlet files from a Compose file, or take over hand-written Quadlet files; touches nothing that runs",
      )
      .argument("<source>", "Compose file or its folder, or a folder of Quadlet files"),
  )
    .option("--out <folder>", "where to write (default: ./NAME-quadlet)")
    .option("--force", "replace what was edited since the last import")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  phoenix import compose.yaml\n  phoenix import ./shop --profile '*' --out ./shop-quadlet\n  phoenix import ~/.config/containers/systemd/blog --out ./blog\n\nWhat becomes of each key: docs/reference/compose.md.",
    )
    .action(
      run(async (path: string, options: Options) => {
        const request = sourceRequest(path, options, context);
        const out = options.out === undefined ? undefined : resolve(context.cwd, options.out);
        const imported = await importSource({ ...request, out, cwd: context.cwd, force: options.force === true }, await context.files());
        if (options.secrets && imported.secrets.length > 0) {
          const warn = (issue: Parameters<typeof showIssue>[0]): void => context.err(showIssue(issue, context));
          const progress = (line: string): void => context.err(`  ${printable(line)}\n`);
          await makeSecrets(imported.stack, imported.secrets, { warn, progress }, await context.ports());
        }
        if (options.json) context.out(`${JSON.stringify(shown(imported), null, 2)}\n`);
        else await tell(imported, options, context);
        return exits.done;
      }),
    );
};

/** Without the secrets' values. */
function shown({ secrets, ...rest }: Imported): object {
  return { ...rest, secrets: secrets.map(({ name, place, value }) => ({ name, place, kind: value.kind })) };
}

async function tell(imported: Imported, options: Options, context: CliContext): Promise<void> {
  const { stack, folder, files, report, issues, replaces, missing } = imported;
  for (const issue of issues) context.err(showIssue(issue, context));
  const text = reportText(report, context);
  if (text !== "") context.out(`${text}\n`);
  context.out(`${paint(context, "green", "Written:")} ${printable(folder)}, ${files.length} files of the stack ${stack}.\n`);
  if (options.secrets !== true) context.out(secretsText(imported));
  if (missing.length > 0)
    context.out(printable(`\nFolders that it needs and that are not there:\n  mkdir -p ${missing.map(shellWord).join(" ")}\n`));
  if (replaces !== undefined) context.out(await switchOver(imported, replaces, context));
  else context.out(`\nNext: phoenix deploy ${printable(folder)}${folder.endsWith(`/${stack}`) ? "" : ` --stack ${stack}`}\n`);
}

function secretsText({ secrets }: Imported): string {
  if (secrets.length === 0) return "";
  const lines = secrets.map(({ name, place }) => `  ${printable(`podman secret create ${name} FILE   # ${showPlace(place)}`)}\n`);
  const known = secrets.every(({ value }) => value.kind === "text") ? "; --secrets makes them" : "";
  return `\nPodman secrets that it needs before the first start${known}:\n${lines.join("")}`;
}
