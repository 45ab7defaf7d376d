import { planStack } from "../../deploy/plan.ts";
import { type ExitCode, exits } from "../../domain/exit.ts";
import { planLines, planSummary, probeLines } from "../../plan/text.ts";
import type { CliContext } from "../context.ts";
import { showIssue } from "../failure.ts";
import { paint } from "../paint.ts";
import { printable } from "../printable.ts";
import type { Register } from "../program.ts";
import { type SourceFlags, sourceRequest, sourcing } from "../sourcing.ts";

type Options = SourceFlags & { readonly json?: true; readonly exitCode?: true; readonly diff: boolean };

/** `phoenix plan FOLDER`: what a deploy would do. */
export const registerPlan: Register = (program, context, run) => {
  sourcing(
    program
      .command("plan")
      .description("show what a deploy would change, and what that restarts; changes nothing")
      .argument("<source>", "folder of Quadlet files, or a Compose file"),
  )
    .option("--json", "print JSON")
    .option("--no-diff", "leave out the lines that differ")
    .option("--exit-code", "end with 8 when changes are pending")
    .addHelpText(
      "after",
      "\nExamples:\n  phoenix plan ./quadlet\n  phoenix plan compose.yaml\n  phoenix plan ./quadlet --exit-code && echo unchanged",
    )
    .action(run((path: string, options: Options) => plan(path, options, context)));
};

async function plan(path: string, options: Options, context: CliContext): Promise<ExitCode> {
  const result = await planStack(sourceRequest(path, options, context), await context.ports());
  const { candidate, changes, issues, observed, nothing, unknownImages } = result;
  const errors = issues.filter((issue) => issue.severity === "error");
  const code = errors.length > 0 ? exits.usage : options.exitCode && !nothing ? exits.pending : exits.done;
  if (options.json) {
    const shown = changes.map(({ kind, action, service, unit, because, lines }) => ({
      unit: unit.file,
      service,
      kind,
      action,
      because,
      lines,
      image: unknownImages.has(unit.file) ? null : (unit.image?.id ?? undefined),
    }));
    context.out(
      `${JSON.stringify({ stack: candidate.stack.name, generation: observed.ledger.current, nothing, quarantined: result.quarantined ?? null, secrets: result.secrets, changes: shown, issues }, null, 2)}\n`,
    );
    return code;
  }
  for (const issue of issues) context.err(showIssue(issue, context));
  context.out(
    `${paint(context, "bold", `Stack ${candidate.stack.name}`)}, generation ${observed.ledger.current} runs, source ${candidate.stack.root}\n\n`,
  );
  for (const line of planLines({ changes, unknownImages, showLines: options.diff }))
    context.out(`${colorLine(printable(line), context)}\n`);
  const { changedKeys } = candidate.source;
  if (changedKeys > 0) context.out(`  ${changedKeys} keys are said in another way than Compose says them: \`phoenix import\` lists them\n`);
  if (result.secrets.length > 0) context.out(`  ${printable(`secrets made first: ${result.secrets.join(", ")}`)}\n`);
  if (observed.ledger.pending !== undefined)
    context.out(`\nAn unfinished change to generation ${observed.ledger.pending.generation} is finished or undone first.\n`);
  context.out(nothing ? "  nothing to do\n" : `\nPlan: ${planSummary(changes)}\n`);
  context.out(`\nProbes:\n${probeLines(candidate.generation).join("\n")}\n`);
  if (result.quarantined !== undefined)
    context.out(
      `\n${paint(context, "yellow", "Quarantined:")} exactly this failed before: ${result.quarantined}. A deploy needs --force.\n`,
    );
  return code;
}

const lineColors = { "+": "green", "-": "red", "~": "yellow", "!": "cyan", "=": "gray" } as const;

function colorLine(line: string, context: CliContext): string {
  const color = lineColors[line.trim()[0] as keyof typeof lineColors];
  return color === undefined ? line : paint(context, color, line);
}
