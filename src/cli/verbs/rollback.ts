import { InvalidArgumentError } from "commander";
import { rollbackStack } from "../../deploy/rollback.ts";
import { type ChangeFlags, changeOptions, changing } from "../changing.ts";
import type { Register } from "../program.ts";
import { theStack } from "../stacks.ts";

/** `phoenix rollback [N]`. */
export const registerRollback: Register = (program, context, run) => {
  changing(
    program
      .command("rollback")
      .description("go back to the last good generation, or to generation N")
      .argument("[generation]", "its number, as `phoenix history` shows it", readNumber)
      .option("--stack <name>", "which stack (default: the only one)"),
  )
    .addHelpText("after", "\nExamples:\n  phoenix rollback\n  phoenix rollback 7 --stack blog")
    .action(
      run(async (number: number | undefined, options: ChangeFlags & { stack?: string }) => {
        const ports = await context.ports();
        const stack = await theStack(options.stack, ports);
        const { verb, report } = changeOptions(options, context);
        return report(await rollbackStack(stack, number, verb, ports), stack);
      }),
    );
};

function readNumber(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError("A generation is a number.");
  return Number(text);
}
