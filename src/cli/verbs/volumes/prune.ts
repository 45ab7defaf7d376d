import { listPrunable, type Prunable, pruneVolume } from "../../../deploy/volumes/prune.ts";
import { exits } from "../../../domain/exit.ts";
import { showBytes } from "../../bytes.ts";
import { collectSpan } from "../../changing.ts";
import { printable } from "../../printable.ts";
import type { Register } from "../../program.ts";

type Options = { readonly wait: number; readonly yes?: true; readonly json?: true };

/** `phoenix volumes prune`. */
export const registerVolumesPrune: Register = (volumes, context, run) => {
  volumes
    .command("prune")
    .description("remove volumes that Phoenix made and no kept generation of any stack names; others are never touched; asks first")
    .option("-y, --yes", "do not ask")
    .option("--wait <time>", "how long to wait while another change runs", collectSpan, 30_000)
    .option("--json", "print what was removed as JSON")
    .addHelpText("after", "\nExamples:\n  phoenix volumes prune\n  phoenix volumes prune --yes")
    .action(
      run(async (options: Options) => {
        const ports = await context.ports();
        const found = await listPrunable(ports);
        if (found.length > 0 && !options.yes) {
          for (const row of found) context.err(`  ${show(row)}\n`);
          if (
            !(await context.confirm(
              `Remove ${found.length === 1 ? "this volume" : `these ${found.length} volumes`}? The data is gone then.`,
            ))
          ) {
            context.err("Nothing was touched. (Answer y, or give --yes.)\n");
            return exits.usage;
          }
        }
        const removed: Prunable[] = [];
        for (const row of found) if (await pruneVolume(row, options.wait, ports)) removed.push(row);
        if (options.json) context.out(`${JSON.stringify(removed, null, 2)}\n`);
        else if (removed.length === 0) context.out("Nothing to prune.\n");
        else context.out(`Removed:\n${removed.map((row) => `  ${show(row)}\n`).join("")}`);
        return exits.done;
      }),
    );
};

function show({ name, madeBy, sizeBytes }: Prunable): string {
  return `${printable(name)} (${sizeBytes === null ? "size unknown" : showBytes(sizeBytes)}, made by stack ${printable(madeBy)})`;
}
