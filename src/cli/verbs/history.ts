import { sayEvent } from "../../domain/events.ts";
import { exits } from "../../domain/exit.ts";
import { foldLedger } from "../../domain/ledger.ts";
import { printable } from "../printable.ts";
import type { Register } from "../program.ts";
import { theStack } from "../stacks.ts";

/** `phoenix history [STACK]`. */
export const registerHistory: Register = (program, context, run) => {
  program
    .command("history")
    .description("what happened to a stack: deploys, rollbacks, restarts, and why")
    .argument("[stack]", "which stack (default: the only one)")
    .option("-n, --lines <count>", "only the last lines", (text) => Number(text), 50)
    .option("--json", "print JSON lines")
    .addHelpText("after", "\nExamples:\n  phoenix history\n  phoenix history blog --json | head")
    .action(
      run(async (name: string | undefined, options: { lines: number; json?: true }) => {
        const ports = await context.ports();
        const stack = await theStack(name, ports);
        const { lines, damaged } = await ports.history.read(stack);
        if (damaged.length > 0) context.err(`warning: ${damaged.length} damaged ledger lines were skipped (line ${damaged.join(", ")})\n`);
        const shown = lines.slice(Number.isInteger(options.lines) && options.lines > 0 ? -options.lines : 0);
        for (const line of shown)
          context.out(
            options.json ? `${JSON.stringify(line)}\n` : `${new Date(line.at).toISOString().slice(0, 19)}Z  ${printable(sayEvent(line))}\n`,
          );
        const { current, good, failed } = foldLedger(lines);
        if (!options.json) context.out(`\nGeneration ${current} is current; good: ${list(good)}; failed: ${list(failed)}.\n`);
        return exits.done;
      }),
    );
};

function list(numbers: readonly number[]): string {
  return numbers.length === 0 ? "none" : numbers.join(", ");
}
