import { deployStack } from "../../deploy/deploy.ts";
import { type ChangeFlags, changeOptions, changing } from "../changing.ts";
import type { Register } from "../program.ts";
import { type SourceFlags, sourceRequest, sourcing } from "../sourcing.ts";

type Options = ChangeFlags & SourceFlags & { readonly pull?: true; readonly force?: true };

/** `phoenix deploy SOURCE`: build or pull, switch, prove, or roll back. */
export const registerDeploy: Register = (program, context, run) => {
  changing(
    sourcing(
      program
        .command("deploy")
        .description("build or pull, switch, prove, or roll back; the exit code tells which")
        .argument("<source>", "folder of Quadlet files, or a Compose file"),
    )
      .option("--pull", "ask the registry again, and build again")
      .option("--force", "try again what failed before"),
  )
    .addHelpText(
      "after",
      "\nExamples:\n  phoenix deploy ./quadlet\n  phoenix deploy ./quadlet --pull   # newer images\n  phoenix deploy compose.yaml\n\nExit codes: 0 proven, 2 invalid (nothing touched), 6 rolled back, 7 rolled back and not healthy",
    )
    .action(
      run(async (path: string, options: Options) => {
        const { verb, report } = changeOptions(options, context);
        const request = { ...verb, ...sourceRequest(path, options, context), pull: options.pull === true, force: options.force === true };
        const outcome = await deployStack(request, await context.ports());
        return report(outcome, outcome.generation.stack);
      }),
    );
};
