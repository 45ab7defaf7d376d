import { errors, type Issue, PhoenixError, showPlace } from "../domain/errors.ts";
import { type ExitCode, exits } from "../domain/exit.ts";
import type { CliContext } from "./context.ts";
import { paint } from "./paint.ts";
import { printable } from "./printable.ts";

/** Prints an error for a person and returns the exit code: what was found, where, what to do. */
export function reportFailure(error: unknown, context: CliContext): ExitCode {
  if (!(error instanceof PhoenixError)) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    context.err(`${paint(context, "red", "error:")} Phoenix met something it did not expect; this is a bug.\n${detail}\n`);
    return exits.failed;
  }
  for (const issue of error.issues) context.err(showIssue(issue, context));
  const place = showPlace(error.place);
  context.err(`${paint(context, "red", "error:")} ${printable(`${place === "" ? "" : `${place}: `}${error.message}`)} [${error.code}]\n`);
  if (error.issues.length === 0) context.err(`  ${printable(error.remedy)}\n`);
  return error.exit;
}

/** One finding, two lines. */
export function showIssue(issue: Issue, context: Pick<CliContext, "color">): string {
  const head = issue.severity === "error" ? paint(context, "red", "error:") : paint(context, "yellow", "warning:");
  const place = showPlace(issue.place);
  return `${head} ${printable(`${place === "" ? "" : `${place}: `}${issue.message}`)} [${issue.code}]\n  ${printable(issue.remedy ?? errors[issue.code].remedy)}\n`;
}
