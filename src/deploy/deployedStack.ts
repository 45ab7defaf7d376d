import { PhoenixError } from "../domain/errors.ts";
import { digestLabel, stackLabel } from "../domain/generation.ts";
import type { StackName } from "../domain/words.ts";
import type { ReadPorts } from "../ports/ports.ts";
import { loadStack } from "../stack/load.ts";
import type { Stack } from "../stack/stack.ts";
import { currentGeneration } from "./candidate.ts";

/** The running generation as a stack: what Phoenix added for itself is gone, images keep the names that the source gave them. */
export async function deployedStack(name: StackName, ports: Pick<ReadPorts, "history" | "generations">): Promise<Stack> {
  const generation = await currentGeneration(name, ports);
  if (generation.number === 0)
    throw new PhoenixError("stack-unknown", `Cannot find ${name}: no such folder, and nothing of that stack runs.`);
  const ours = new RegExp(
    `^(?:Label=(?:${digestLabel}|${stackLabel})=.*|PartOf=phoenix\\.target|WantedBy=phoenix\\.target|Pull=never)\n`,
    "gmu",
  );
  const texts = generation.units.map(({ file, text, image }): readonly [string, string] => {
    const isPulled = image !== undefined && !/\.(?:build|image)$/u.test(image.reference);
    return [file, (isPulled ? text.replace(`Image=${image.tag}`, () => `Image=${image.reference}`) : text).replace(ours, "")];
  });
  const entries = texts.map(([path, text]) => ({ kind: "file" as const, path, sizeBytes: text.length, mode: 0o600 }));
  const { stack, issues } = loadStack({
    folder: { root: generation.source, entries, texts: new Map(texts) },
    name,
    podmanVersion: undefined,
  });
  if (stack === undefined) throw new PhoenixError("generation-damaged", `Cannot read the running generation of ${name}.`, { issues });
  return stack;
}
