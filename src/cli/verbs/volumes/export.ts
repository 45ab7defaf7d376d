import { resolve } from "node:path";
import { exportVolume } from "../../../deploy/volumes/export.ts";
import { PhoenixError } from "../../../domain/errors.ts";
import { exits } from "../../../domain/exit.ts";
import { changeOptions, collectSpan } from "../../changing.ts";
import { printable } from "../../printable.ts";
import type { Register } from "../../program.ts";

type Options = { readonly wait: number; readonly live?: true; readonly stop?: true; readonly force?: true; readonly quiet?: true };

/** `phoenix volumes export VOLUME FILE`. */
export const registerVolumesExport: Register = (volumes, context, run) => {
  volumes
    .command("export")
    .description("write a volume to a tar archive, owners and modes included; the file appears whole or not at all, for you alone (0600)")
    .argument("<volume>", "as `phoenix volumes list` shows it")
    .argument("<file>", "archive to write; - for standard output")
    .option("--stop", "stop the services that use it meanwhile, and start them again")
    .option("--live", "copy although a service may be writing; few databases survive that")
    .option("--force", "replace the file if it is there")
    .option("--wait <time>", "how long to wait while another change runs", collectSpan, 30_000)
    .option("--quiet", "no progress")
    .addHelpText(
      "after",
      "\nExamples:\n  phoenix volumes export db_data db.tar --stop\n  phoenix volumes export pages - --live | gzip > pages.tar.gz",
    )
    .action(
      run(async (name: string, file: string, options: Options) => {
        if (file === "-" && context.isTerminal)
          throw new PhoenixError("usage", "An archive is nothing for a terminal: name a file, or pipe it on.");
        const path = file === "-" ? file : resolve(context.cwd, file);
        const { verb } = changeOptions(options, context);
        await exportVolume(
          { ...verb, name, path, overwrite: options.force === true, live: options.live === true, stop: options.stop === true },
          await context.ports(),
        );
        if (!options.quiet) context.err(`Exported ${printable(name)} to ${file === "-" ? "standard output" : printable(file)}.\n`);
        return exits.done;
      }),
    );
};
