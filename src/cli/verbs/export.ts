import { basename, dirname, resolve } from "node:path";
import { textLooksSecret } from "../../compose/convert/secret-looking.ts";
import { deployedStack } from "../../deploy/deployedStack.ts";
import { openSource } from "../../deploy/source.ts";
import { PhoenixError, showPlace } from "../../domain/errors.ts";
import { exits } from "../../domain/exit.ts";
import { isStackName } from "../../domain/words.ts";
import { type Exported, exportCompose } from "../../stack/export/compose.ts";
import type { Stack } from "../../stack/stack.ts";
import type { CliContext } from "../context.ts";
import { showIssue } from "../failure.ts";
import { printable } from "../printable.ts";
import type { Register } from "../program.ts";
import { type SourceFlags, sourceRequest } from "../sourcing.ts";

type Options = SourceFlags & { readonly out?: string; readonly force?: true };

/** `phoenix export compose SOURCE`. */
export const registerExport: Register = (program, context, run) => {
  program
    .command("export")
    .description("a stack in the words of other tools")
    .enablePositionalOptions()
    .addHelpText("after", "\nExamples:\n  phoenix export compose ./quadlet --out podman-compose.yaml\n  phoenix export compose blog")
    .command("compose")
    .description("write a Compose file for podman-compose; what Compose has no word for is told")
    .argument("<source>", "folder of Quadlet files, or the name of a stack that is deployed")
    .option("--stack <name>", "the stack's name (default: the folder's)")
    .option("--out <file>", "the file to write (default: standard output)")
    .option("--force", "replace the file if it is there")
    .action(
      run(async (source: string, options: Options) => {
        const path = options.out === undefined ? undefined : resolve(context.cwd, options.out);
        const stack = await findStack(source, options, context);
        const exported = exportCompose({ stack, target: path === undefined ? context.cwd : dirname(path) });
        for (const { place, what, because } of exported.leftOut)
          context.err(`${printable(`${showPlace(place)}: not in the file: ${what}: ${because}`)}\n`);
        if (path === undefined) context.out(exported.text);
        else
          await (await context.files()).folders.writeFile(path, exported.text, {
            force: options.force === true,
            secret: textLooksSecret(exported.text),
          });
        if (path !== undefined) context.err(`${summary(exported, basename(path))}\n`);
        return exits.done;
      }),
    );
};

function summary({ leftOut }: Exported, name: string): string {
  return `Written: ${printable(name)}${leftOut.length === 0 ? "" : `; ${leftOut.length} settings are not in it`}.`;
}

/** A folder of Quadlet files that is there, else a stack's name. */
async function findStack(source: string, options: Options, context: CliContext): Promise<Stack> {
  const request = sourceRequest(source, options, context);
  const files = (await context.files()).source;
  const isThere = await files.find(request.path).then(
    () => true,
    () => false,
  );
  if (!isThere && isStackName(source)) return await deployedStack(source, await context.ports());
  const opened = await openSource(request, files);
  if (opened.made !== undefined) {
    if (isStackName(source)) return await deployedStack(source, await context.ports());
    throw new PhoenixError("usage", `Cannot export ${opened.root}: it is a Compose project already.`, {
      remedy: "Name the stack to export what runs.",
    });
  }
  const { stack, issues } = await opened.load({ podmanVersion: undefined, others: new Map() });
  if (stack === undefined) throw new PhoenixError("source-invalid", `Cannot use ${opened.root}.`, { issues });
  for (const issue of issues) context.err(showIssue(issue, context));
  return stack;
}
