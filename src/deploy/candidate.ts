import { createHash } from "node:crypto";
import { type Issue, PhoenixError } from "../domain/errors.ts";
import type { Generation, PinnedInput } from "../domain/generation.ts";
import { foldLedger } from "../domain/ledger.ts";
import type { Digest, StackName, UnitFileName } from "../domain/words.ts";
import type { Ports, ReadPorts } from "../ports/ports.ts";
import { withImageHealthcheck } from "../stack/healthcheck.ts";
import { renderStack } from "../stack/render.ts";
import type { Stack } from "../stack/stack.ts";
import type { ResolvedImages } from "./images.ts";
import { placeBuildFiles } from "./madeBuilds.ts";
import { readGeneration } from "./observe.ts";
import { type OpenedSource, openSource, type SourceRequest } from "./source.ts";

export type CandidateOptions = SourceRequest & {
  /** Deploy builds and pulls; plan only looks. */
  readonly images: (loaded: LoadedSource) => Promise<ResolvedImages>;
};

export type Candidate = {
  readonly stack: Stack;
  readonly generation: Omit<Generation, "number">;
  readonly inputs: readonly PinnedInput[];
  /** Image id -> tags that pin it and that it does not have yet. */
  readonly pins: ReadonlyMap<string, readonly string[]>;
  readonly warnings: readonly Issue[];
  readonly source: Pick<OpenedSource, "made" | "secrets" | "folders" | "changedKeys">;
};

/** A source that was read, and what runs of it now. */
export type LoadedSource = {
  readonly stack: Stack;
  readonly current: Generation;
  readonly source: OpenedSource;
  readonly generatorVersion: string;
  /** What has to be written before the first build runs. */
  readonly buildFiles: readonly PinnedInput[];
  /** Warnings. */
  readonly issues: readonly Issue[];
};

/** Reads a source; throws `source-invalid` with every finding. */
export async function loadSource(request: SourceRequest, ports: ReadPorts): Promise<LoadedSource> {
  const [source, generatorVersion] = await Promise.all([openSource(request, ports.source), ports.generator.version()]);
  const others = await otherUnits(ports, source.name);
  const { stack, issues } = await source.load({ podmanVersion: generatorVersion, others });
  if (stack === undefined) throw invalid(source.root, issues);
  const placed = placeBuildFiles(stack, source.made, ports.generations.stateRoot);
  return {
    stack: placed.stack,
    buildFiles: placed.files,
    current: await currentGeneration(stack.name, ports),
    source,
    generatorVersion,
    issues,
  };
}

/** Before the first build runs. */
export async function keepBuildFiles({ stack, source, buildFiles }: LoadedSource, ports: Pick<Ports, "generations">): Promise<void> {
  if (source.made !== undefined && buildFiles.length > 0) await ports.generations.keep(stack.name, buildFiles, source.made);
}

/** Source -> candidate generation. Writes nothing; throws `source-invalid` with every finding. */
export async function makeCandidate(options: CandidateOptions, ports: ReadPorts): Promise<Candidate> {
  const loaded = await loadSource(options, ports);
  const { stack: found, source, generatorVersion, issues: loadedIssues } = loaded;
  const images = await options.images(loaded);
  const stack = withImageHealthcheck(found, images.facts);
  const digests = await Promise.all(
    stack.inputs.map(async (input) => [input.source, await digestInput(input.source, source, ports)] as const),
  );
  const rendered = renderStack({
    stack,
    images: images.pinned,
    inputDigests: new Map(digests),
    stateRoot: ports.generations.stateRoot,
    generatorVersion,
    createdAt: ports.clock.now(),
  });
  const issues = [...loadedIssues, ...rendered.issues];
  if (rendered.issues.some((issue) => issue.severity === "error")) throw invalid(source.root, issues);
  const inputs = new Map(rendered.candidate.units.flatMap((unit) => unit.inputs.map((input) => [input.path, input] as const)));
  return {
    stack,
    generation: { ...rendered.candidate, builds: images.builds },
    inputs: [...inputs.values()],
    pins: missingPins(images),
    warnings: issues,
    source,
  };
}

/** A text that stands in no file has the digest that its file will have. */
async function digestInput(
  path: string,
  { root, made }: OpenedSource,
  ports: Pick<ReadPorts, "source">,
): Promise<{ readonly digest: Digest; readonly kind: "file" | "folder" }> {
  const text = made?.inputs.get(path);
  if (text === undefined) return await ports.source.digest(root, path);
  return { digest: createHash("sha256").update(text).digest("hex"), kind: "file" };
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
