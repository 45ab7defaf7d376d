import { teardownStack } from "../../deploy/rollback.ts";
import { exits } from "../../domain/exit.ts";
import { type ChangeFlags, changeOptions, changing } from "../changing.ts";
import type { Register } from "../program.ts";
import { theStack } from "../stacks.ts";

type Options = ChangeFlags & { readonly volumes?: true; readonly purge?: true; readonly yes?: true };

/** `phoenix teardown STACK`. */
export const registerTeardown: Register = (program, context, run) => {
  changing(
    program
      .command("teardown")
      .description("stop a stack and remove its units, containers and networks; data stays unless --volumes")
      .argument("[stack]", "which stack (default: the only one)")
      .option("--volumes", "remove its volumes and generated secrets too: the data is gone")
      .option("--purge", "forget its history, generations and pinned images too")
      .option("-y, --yes", "do not ask"),
  )
    .addHelpText(
      "after",
      "\nExamples:\n  phoenix teardown blog\n  phoenix teardown blog --volumes --purge --yes\n\nWithout --purge, `phoenix rollback` brings it back.",
    )
    .action(
      run(async (name: string | undefined, options: Options) => {
        const ports = await context.ports();
        const stack = await theStack(name, ports);
        const loss = options.volumes ? " Its volumes and secrets are removed: the data is gone." : "";
        if (!options.yes && !(await context.confirm(`Tear down ${stack}?${loss}`))) {
          context.err("Nothing was touched. (Answer y, or give --yes.)\n");
          return exits.usage;
        }
        const { verb, report } = changeOptions(options, context);
        return report(
          await teardownStack(stack, { ...verb, volumes: options.volumes === true, purge: options.purge === true }, ports),
          stack,
        );
      }),
    );
};
