import { listVolumes, type VolumeRow } from "../../../deploy/volumes/list.ts";
import { exits } from "../../../domain/exit.ts";
import { showBytes } from "../../bytes.ts";
import { printable } from "../../printable.ts";
import type { Register } from "../../program.ts";

/** `phoenix volumes list`. */
export const registerVolumesList: Register = (volumes, context, run) => {
  volumes
    .command("list")
    .description("every volume: its size, its stack, the services that use it, and the generations that name it")
    .option("--json", "print JSON, sizes in bytes")
    .addHelpText("after", "\nExamples:\n  phoenix volumes list\n  phoenix volumes list --json | jq '.[] | select(.uses == [])'")
    .action(
      run(async (options: { json?: true }) => {
        const rows = await listVolumes(await context.ports());
        if (options.json) context.out(`${JSON.stringify(rows, null, 2)}\n`);
        else context.out(rows.length === 0 ? "No volumes.\n" : table(rows));
        return exits.done;
      }),
    );
};

function table(rows: readonly VolumeRow[]): string {
  const cells = rows.map((row) => [printable(row.name), row.sizeBytes === null ? "unknown" : showBytes(row.sizeBytes), ...usersOf(row)]);
  const all = [["VOLUME", "SIZE", "USED BY", "NAMED BY"], ...cells];
  const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join("  ")
          .trimEnd()}\n`,
    )
    .join("");
}

function usersOf({ uses, madeBy, trialFor }: VolumeRow): readonly [string, string] {
  if (trialFor !== null) return [`an import into ${printable(trialFor)}, or left of one`, "no generation"];
  if (uses.length === 0) return [madeBy === null ? "not Phoenix's" : `nobody; made by stack ${printable(madeBy)}`, "no generation"];
  const services = uses.map(({ stack, services: names }) => `${stack}: ${names.length === 0 ? "no running service" : names.join(", ")}`);
  const several = uses.length > 1;
  const generations = uses.map(
    ({ stack, generations: numbers }) =>
      `${several ? `${stack} ` : ""}${numbers.length === 1 ? "generation" : "generations"} ${numbers.join(", ")}`,
  );
  return [services.join("; "), generations.join("; ")];
}
