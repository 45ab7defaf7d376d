import { resolve } from "node:path";
import type { Command } from "commander";
import type { ReportLine } from "../compose/convert.ts";
import type { ComposeRequest } from "../deploy/compose.ts";
import type { SourceRequest } from "../deploy/source.ts";
import { PhoenixError, showPlace } from "../domain/errors.ts";
import type { CliContext } from "./context.ts";
import { paint } from "./paint.ts";
import { printable } from "./printable.ts";

export type SourceFlags = {
  readonly stack?: string;
  readonly project?: string;
  readonly file?: readonly string[];
  readonly envFile?: readonly string[];
  readonly profile?: readonly string[];
  readonly secrets?: true;
  readonly allowRisky?: true;
  readonly strict?: true;
};

const collect = (value: string, before: readonly string[] | undefined): readonly string[] => [...(before ?? []), value];

/** Flags of every verb that takes a source. Only the names count for folders of Quadlet files. */
export function sourcing(command: Command): Command {
  return command
    .option("--stack <name>", "the stack's name (default: the folder's, or what the Compose file says)")
    .option("--project <name>", "the same, as Compose calls it")
    .option("-f, --file <file>", "Compose: one more file, merged over those before; may be repeated", collect)
    .option("--env-file <file>", "Compose: variables from here instead of .env; may be repeated", collect)
    .option("--profile <name>", "Compose: turn on a profile, `*` for all; may be repeated", collect)
    .option("--secrets", "Compose: passwords and the like become Podman secrets")
    .option("--allow-risky", "Compose: accept privileged containers, host namespaces, the host's root, Docker's socket")
    .option("--strict", "Compose: what cannot be carried over is an error");
}

export function sourceRequest(path: string, flags: SourceFlags, context: CliContext): SourceRequest {
  if (flags.stack !== undefined && flags.project !== undefined && flags.stack !== flags.project)
    throw new PhoenixError("usage", "--stack and --project name the same thing: give one of them.");
  const absolute = (file: string): string => resolve(context.cwd, file);
  const compose: ComposeRequest = {
    files: (flags.file ?? []).map(absolute),
    envFiles: flags.envFile?.map(absolute),
    profiles: flags.profile ?? [],
    secrets: flags.secrets === true,
    allowRisky: flags.allowRisky === true,
    strict: flags.strict === true,
    env: new Map(Object.entries(context.environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]))),
  };
  return { path: absolute(path), name: flags.stack ?? flags.project, compose };
}

const groups = [
  { verdict: "risky", title: "Risky: who breaks in there is soon outside", color: "red" },
  { verdict: "not-carried", title: "Not carried over", color: "yellow" },
  { verdict: "changed", title: "Said in another way", color: "cyan" },
] as const;

/** What became of a Compose file's keys, by how much it matters. */
export function reportText(report: readonly ReportLine[], context: Pick<CliContext, "color">): string {
  return groups
    .map(({ verdict, title, color }) => {
      const lines = report.filter((line) => line.verdict === verdict);
      if (lines.length === 0) return "";
      const shown = lines.map(({ place, key, message, remedy }) => {
        const what = remedy === "" ? "" : `\n      ${remedy}`;
        return `  ${printable(`${showPlace(place)}: ${key}: ${message}${what}`)}\n`;
      });
      return `${paint(context, color, `${title}:`)}\n${shown.join("")}`;
    })
    .filter(Boolean)
    .join("\n");
}
