import { type Command, InvalidArgumentError } from "commander";
import type { VerbOptions } from "../deploy/deploy.ts";
import type { ChangeOutcome } from "../deploy/transaction.ts";
import type { ExitCode } from "../domain/exit.ts";
import { parseTimeSpan } from "../domain/time.ts";
import type { Ms } from "../domain/words.ts";
import type { CliContext } from "./context.ts";
import { showIssue } from "./failure.ts";
import { reportOutcome } from "./outcome.ts";
import { paint } from "./paint.ts";
import { printable } from "./printable.ts";

export type ChangeFlags = { readonly wait: Ms; readonly json?: true; readonly quiet?: true };

/** Flags that every verb which changes a stack has. */
export function changing(command: Command): Command {
  return command
    .option("--wait <time>", "how long to wait while another change runs", collectSpan, 30_000)
    .option("--quiet", "no progress")
    .option("--json", "print the outcome as JSON");
}

/** The options of one change, and how its outcome is told. */
export function changeOptions(
  flags: ChangeFlags,
  context: CliContext,
): { readonly verb: VerbOptions; readonly report: (outcome: ChangeOutcome, stack: string) => ExitCode } {
  return {
    verb: {
      waitMs: flags.wait,
      interrupted: context.interrupted,
      failpoint: context.failpoint,
      progress: flags.quiet ? () => {} : (line) => context.err(`${paint(context, "gray", `  ${printable(line)}`)}\n`),
      warn: (issue) => context.err(showIssue(issue, context)),
    },
    report: (outcome, stack) => {
      if (!flags.json) return reportOutcome(outcome, stack, context);
      const { generation, ...rest } = outcome;
      const code = reportOutcome(outcome, stack, { ...context, out: () => {}, err: () => {} });
      context.out(`${JSON.stringify({ stack, generation: generation.number, exitCode: code, ...shown(rest) }, null, 2)}\n`);
      return code;
    },
  };
}

function shown(rest: object): object {
  return Object.fromEntries(Object.entries(rest).filter(([key]) => !["changes", "from"].includes(key)));
}

export function collectSpan(text: string): Ms {
  const ms = parseTimeSpan(text);
  if (ms === undefined) throw new InvalidArgumentError("Write a time span such as 30s or 2min.");
  return ms;
}
