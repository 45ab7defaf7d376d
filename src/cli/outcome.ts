import type { ChangeOutcome } from "../deploy/transaction.ts";
import { type ExitCode, exits } from "../domain/exit.ts";
import { showDuration } from "../domain/time.ts";
import { planSummary } from "../plan/text.ts";
import type { CliContext } from "./context.ts";
import { paint } from "./paint.ts";
import { printable } from "./printable.ts";

/** Says how a change ended, in one or two lines, and returns its exit code. */
export function reportOutcome(outcome: ChangeOutcome, stack: string, context: CliContext): ExitCode {
  switch (outcome.kind) {
    case "nothing":
      context.out(`Nothing to do: ${stack} runs generation ${outcome.generation.number} as it should.\n`);
      return exits.done;
    case "good":
      if (outcome.generation.number === 0) {
        context.out(`${paint(context, "green", "Torn down:")} nothing of ${stack} runs any more; took ${showDuration(outcome.tookMs)}.\n`);
        return exits.done;
      }
      context.out(
        `${paint(context, "green", "Good:")} ${stack} runs generation ${outcome.generation.number} (${planSummary(outcome.changes)}).\n`,
      );
      context.out(`${printable(outcome.proof)}; took ${showDuration(outcome.tookMs)}.\n`);
      return exits.done;
    case "undone": {
      const what = outcome.interrupted ? "Interrupted" : "Rolled back";
      const state =
        outcome.generation.number === 0
          ? "nothing runs, as before"
          : `generation ${outcome.generation.number} runs ${outcome.healthy ? "and is proven" : "but is NOT healthy"}`;
      context.err(`${paint(context, outcome.healthy ? "yellow" : "red", `${what}:`)} ${state}. Why: ${printable(outcome.because)}\n`);
      context.err(
        `Took ${showDuration(outcome.tookMs)} in all. ${outcome.interrupted ? "" : "It is not tried again until the source changes (or --force)."}\n`,
      );
      return outcome.healthy ? exits.undone : exits.broken;
    }
    case "unrepaired":
      context.err(
        `${paint(context, "red", "Not healthy:")} generation ${outcome.generation.number} was already the current one. Why: ${printable(outcome.because)}\n`,
      );
      return exits.unhealthy;
  }
}
