import { type BuildRow, buildStack } from "../../deploy/buildStack.ts";
import { exits } from "../../domain/exit.ts";
import { showDuration } from "../../domain/time.ts";
import { showBytes } from "../bytes.ts";
import type { CliContext } from "../context.ts";
import { paint } from "../paint.ts";
import { printable } from "../printable.ts";
import type { Register } from "../program.ts";
import { type SourceFlags, sourceRequest, sourcing } from "../sourcing.ts";

type Options = SourceFlags & { readonly pull?: true; readonly quiet?: true; readonly json?: true };

/** `phoenix build FOLDER [IMAGE…]`: the images of a folder, and nothing else. */
export const registerBuild: Register = (program, context, run) => {
  sourcing(
    program
      .command("build")
      .description("build the images of a folder, two at a time; touches nothing that runs")
      .argument("<source>", "folder of Quadlet files, or a Compose file")
      .argument("[image...]", "only these .build files, and what they stand on (default: all)"),
  )
    .option("--pull", "ask the registry for newer base images, and build again")
    .option("--quiet", "no progress")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  phoenix build ./quadlet\n  phoenix build ./quadlet nginx\n\n`phoenix deploy` builds what it needs by itself; an image that did not change is not built again and restarts nothing.",
    )
    .action(
      run(async (path: string, images: readonly string[], options: Options) => {
        const progress = options.quiet ? () => {} : (line: string) => context.err(`${paint(context, "gray", `  ${printable(line)}`)}\n`);
        const request = { ...sourceRequest(path, options, context), only: images, pull: options.pull === true, progress };
        const rows = await buildStack({ ...request, interrupted: context.interrupted }, await context.ports());
        if (options.json) context.out(`${JSON.stringify(rows, null, 2)}\n`);
        else context.out(rows.length === 0 ? "The folder has no .build files.\n" : table(rows, context));
        return exits.done;
      }),
    );
};

function table(rows: readonly BuildRow[], context: CliContext): string {
  const cells = rows.map(({ file, outcome, sizeBytes, tookMs, tags }) => [
    file,
    outcome,
    showBytes(sizeBytes),
    tookMs === 0 ? "" : showDuration(tookMs),
    tags.join(" "),
  ]);
  const all = [["image", "", "size", "took", "tags"], ...cells];
  const widths = all[0]?.map((_, column) => Math.max(...all.map((row) => (row[column] ?? "").length))) ?? [];
  const lines = all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
  const [head = "", ...rest] = lines.map((line) => printable(line));
  return `${paint(context, "gray", head)}\n${rest.join("\n")}\n`;
}
