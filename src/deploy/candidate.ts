import { type Issue, PhoenixError } from "../domain/errors.ts";
import type { Generation, PinnedInput } from "../domain/generation.ts";
import { foldLedger } from "../domain/ledger.ts";
import type { StackName, UnitFileName } from "../domain/words.ts";
import type { ReadPorts } from "../ports/ports.ts";
import { withImageHealthcheck } from "../stack/healthcheck.ts";
import { loadStack } from "../stack/load.ts";
import { renderStack } from "../stack/render.ts";
import type { Stack } from "../stack/stack.ts";
import { chooseStackName } from "../stack/stack-name.ts";
import type { ResolvedImages } from "./images.ts";
import { readGeneration } from "./observe.ts";

export type CandidateOptions = {
  /** Path of the source folder, as the person wrote it. */
  readonly path: string;
  readonly name: StackName | undefined;
  /** Deploy builds and pulls; plan only looks. */
  readonly images: (stack: Stack, current: Generation) => Promise<ResolvedImages>;
};

export type Candidate = {
  readonly stack: Stack;
  readonly generation: Omit<Generation, "number">;
  readonly inputs: readonly PinnedInput[];
  /** Image id -> tags that pin it and that it does not have yet. */
  readonly pins: ReadonlyMap<string, readonly string[]>;
  readonly warnings: readonly Issue[];
};

/** Source -> candidate generation. Writes nothing; throws `source-invalid` with every finding. */
export async function makeCandidate(options: CandidateOptions, ports: ReadPorts): Promise<Candidate> {
  const [folder, generatorVersion] = await Promise.all([ports.source.read(options.path), ports.generator.version()]);
  const chosen = chooseStackName(folder.root, options.name);
  if ("issue" in chosen) throw invalid(folder.root, [chosen.issue]);
  const others = await otherUnits(ports, chosen.name);
  const loaded = loadStack({ folder, name: chosen.name, podmanVersion: generatorVersion, others });
  const found = loaded.stack;
  if (found === undefined) throw invalid(folder.root, loaded.issues);
  const current = await currentGeneration(found.name, ports);
  const images = await options.images(found, current);
  const stack = withImageHealthcheck(found, images.facts);
  const digests = await Promise.all(
    stack.inputs.map(async (input) => [input.source, await ports.source.digest(folder.root, input.source)] as const),
  );
  const rendered = renderStack({
    stack,
    images: images.pinned,
    inputDigests: new Map(digests),
    stateRoot: ports.generations.stateRoot,
    generatorVersion,
    createdAt: ports.clock.now(),
  });
  const issues = [...loaded.issues, ...rendered.issues];
  if (rendered.issues.some((issue) => issue.severity === "error")) throw invalid(folder.root, issues);
  const inputs = new Map(rendered.candidate.units.flatMap((unit) => unit.inputs.map((input) => [input.path, input] as const)));
  return { stack, generation: rendered.candidate, inputs: [...inputs.values()], pins: missingPins(images), warnings: issues };
}

function missingPins({ pinned, facts }: ResolvedImages): ReadonlyMap<string, readonly string[]> {
  const pins = new Map<string, readonly string[]>();
  for (const [file, { id, tag }] of pinned) if (facts.get(file)?.tags.includes(tag) !== true) pins.set(id, [...(pins.get(id) ?? []), tag]);
  return pins;
}

/** What the ledger says should run now. */
export async function currentGeneration(stack: StackName, ports: Pick<ReadPorts, "history" | "generations">): Promise<Generation> {
  return await readGeneration(stack, foldLedger((await ports.history.read(stack)).lines).current, ports);
}

/** Unit files of the other stacks: they may be referred to, and they may not be named again. */
async function otherUnits(ports: ReadPorts, self: StackName): Promise<ReadonlyMap<UnitFileName, string>> {
  const names = (await ports.history.stacks()).filter((name) => name !== self);
  const generations = await Promise.all(names.map((name) => currentGeneration(name, ports)));
  return new Map(generations.flatMap((generation) => generation.units.map((unit) => [unit.file, unit.object] as const)));
}

function invalid(root: string, issues: readonly Issue[]): PhoenixError {
  const count = issues.filter((issue) => issue.severity === "error").length;
  return new PhoenixError("source-invalid", `Cannot use ${root}: ${count} ${count === 1 ? "error" : "errors"}.`, { issues });
}
