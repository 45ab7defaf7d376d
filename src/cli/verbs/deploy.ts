import { deployStack } from "../../deploy/deploy.ts";
import { type ChangeFlags, changeOptions, changing } from "../changing.ts";
import type { Register } from "../program.ts";

type Options = ChangeFlags & { readonly stack?: string; readonly pull?: true; readonly force?: true };

/** `phoenix deploy FOLDER`: build or pull, switch, prove, or roll back. */
export const registerDeploy: Register = (program, context, run) => {
  changing(
    program
      .command("deploy")
      .description("build or pull, switch, prove, or roll back; the exit code tells which")
      .argument("<folder>", "folder of Quadlet files")
      .option("--stack <name>", "the stack's name (default: the folder's)")
      .option("--pull", "ask the registry again, and build again")
      .option("--force", "try again what failed before"),
  )
    .addHelpText(
      "after",
      "\nExamples:\n  phoenix deploy ./quadlet\n  phoenix deploy ./quadlet --pull   # newer images\n\nExit codes: 0 proven, 2 invalid (nothing touched), 6 rolled back, 7 rolled back and not healthy",
    )
    .action(
      run(async (folder: string, options: Options) => {
        const { verb, report } = changeOptions(options, context);
        const request = { ...verb, path: folder, name: options.stack, pull: options.pull === true, force: options.force === true };
        const outcome = await deployStack(request, await context.ports());
        return report(outcome, outcome.generation.stack);
      }),
    );
};
