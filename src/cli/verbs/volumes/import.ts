import { resolve } from "node:path";
import { importVolume } from "../../../deploy/volumes/import.ts";
import { exits } from "../../../domain/exit.ts";
import { changeOptions, collectSpan } from "../../changing.ts";
import { printable } from "../../printable.ts";
import type { Register } from "../../program.ts";

type Options = { readonly wait: number; readonly stop?: true; readonly yes?: true; readonly quiet?: true };

/** `phoenix volumes import VOLUME FILE`. */
export const registerVolumesImport: Register = (volumes, context, run) => {
  volumes
    .command("import")
    .description("put an archive in the place of a volume's data, owners and modes as they were; what was in it before is gone")
    .argument("<volume>", "as `phoenix volumes list` shows it, or one that a stack makes")
    .argument("<file>", "archive to read; - for standard input")
    .option("--stop", "stop the services that use it meanwhile, and start them again")
    .option("-y, --yes", "do not ask")
    .option("--wait <time>", "how long to wait while another change runs", collectSpan, 30_000)
    .option("--quiet", "no progress")
    .addHelpText(
      "after",
      "\nExamples:\n  phoenix volumes import db_data db.tar --stop\n  zcat pages.tar.gz | phoenix volumes import pages - --yes\n\nThe archive is unpacked once on trial first: a torn one touches nothing.",
    )
    .action(
      run(async (name: string, file: string, options: Options) => {
        if (!options.yes && !(await context.confirm(`Replace everything in ${printable(name)}?`))) {
          context.err("Nothing was touched. (Answer y, or give --yes.)\n");
          return exits.usage;
        }
        const { verb } = changeOptions(options, context);
        const path = file === "-" ? file : resolve(context.cwd, file);
        await importVolume({ ...verb, name, path, stop: options.stop === true }, await context.ports());
        context.out(`Imported ${printable(name)} from ${file === "-" ? "standard input" : printable(file)}.\n`);
        return exits.done;
      }),
    );
};
