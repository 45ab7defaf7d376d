import { createHash } from "node:crypto";
import { dirname, resolve } from "node:path";
import { PhoenixError } from "../domain/errors.ts";
import type { Generation, PinnedImage } from "../domain/generation.ts";
import type { ImageFact } from "../domain/observed.ts";
import type { Digest, UnitFileName } from "../domain/words.ts";
import type { Ports } from "../ports/ports.ts";
import { lookupLast } from "../quadlet/document.ts";
import { parseExecStart } from "../quadlet/expected.ts";
import { pinTag, renderImageMaker } from "../stack/render.ts";
import type { ImageNeed, Stack, StackUnit } from "../stack/stack.ts";

export type ImageOptions = {
  readonly stack: Stack;
  /** What runs now: its builds are reused when nothing they are made of changed. */
  readonly current: Generation;
  /** Ask the registry again even for what is here. */
  readonly pull: boolean;
  readonly progress: (line: string) => void;
  readonly interrupted: AbortSignal;
};

export type ResolvedImages = {
  readonly pinned: ReadonlyMap<UnitFileName, PinnedImage>;
  readonly facts: ReadonlyMap<UnitFileName, ImageFact>;
};

type ImagePorts = Pick<Ports, "images" | "generator" | "source">;

/** Gets every image of a stack: builds, pulls, or finds it here. One after the other: builds use every core already. */
export async function resolveImages(options: ImageOptions, ports: ImagePorts): Promise<ResolvedImages> {
  const pinned = new Map<UnitFileName, PinnedImage>();
  const facts = new Map<UnitFileName, ImageFact>();
  const made = new Map<string, Made>();
  for (const unit of options.stack.units) {
    if (unit.image === undefined) continue;
    const key = `${unit.image.kind} ${unit.image.kind === "reference" ? unit.image.reference : unit.image.file}`;
    const image = made.get(key) ?? (await makeImage(unit.image, options, ports));
    made.set(key, image);
    facts.set(unit.file, image.fact);
    pinned.set(unit.file, pin(options.stack, unit, unit.image, image));
  }
  return { pinned, facts };
}

type Made = { readonly fact: ImageFact; readonly buildDigest?: Digest };

/** The image as the generation names it. */
export function pin(stack: Stack, unit: StackUnit, need: ImageNeed, { fact, buildDigest }: Made): PinnedImage {
  const repoDigest = fact.repoDigests[0];
  return {
    reference: need.kind === "reference" ? need.reference : need.file,
    id: fact.id,
    ...(repoDigest === undefined ? {} : { repoDigest }),
    ...(buildDigest === undefined ? {} : { buildDigest }),
    tag: pinTag(stack.name, unit, fact.id),
  };
}

async function makeImage(need: ImageNeed, options: ImageOptions, ports: ImagePorts): Promise<Made> {
  if (need.kind === "build") return await build(need.file, options, ports);
  const local = options.pull && !need.reference.startsWith("localhost/") ? undefined : await ports.images.find(need.reference);
  return { fact: local ?? (await ports.images.pull(need.reference, options)) };
}

async function build(file: UnitFileName, options: ImageOptions, ports: ImagePorts): Promise<Made> {
  const { stack, current } = options;
  const unit = findUnit(stack, file);
  const text = renderImageMaker(stack, unit);
  const digest = await buildDigest(stack, unit, ports);
  const known = knownBuild(current.units, file, digest);
  if (known !== undefined && !options.pull) {
    const fact = await ports.images.find(known.tag);
    if (fact?.id === known.id) return { fact, buildDigest: digest };
  }
  options.progress(`building ${file}`);
  const generated = await ports.generator.generate(new Map([[file, text]]));
  const service = generated.units.find((other) => other.service === unit.service);
  if (service === undefined)
    throw new PhoenixError("generator-refused", `Cannot build ${file}: ${generated.messages.join("; ")}.`, { place: { file } });
  const work = { service: unit.service, execStart: parseExecStart(service.text), workingFolder: contextPath(stack, unit) };
  return { fact: await ports.images.build(work, options), buildDigest: digest };
}

/** The image that the running generation built from exactly the same things. */
export function knownBuild(
  units: readonly { readonly image?: PinnedImage }[],
  file: UnitFileName,
  digest: Digest,
): PinnedImage | undefined {
  return units.map((unit) => unit.image).find((image) => image?.reference === file && image.buildDigest === digest);
}

/** Digest over the build unit's text and everything in its context. Without it every deploy would have to run the build to know. */
export async function buildDigest(stack: Stack, unit: StackUnit, ports: Pick<Ports, "source">): Promise<Digest> {
  const context = await ports.source.digest(contextPath(stack, unit), ".");
  return createHash("sha256")
    .update(`${renderImageMaker(stack, unit)}\0${context.digest}`)
    .digest("hex");
}

/** Absolute: `SetWorkingDirectory=` as the loader made it, else the folder of `File=`, else the stack's own. */
function contextPath(stack: Stack, unit: StackUnit): string {
  const folder = lookupLast(unit.document, "Build", "SetWorkingDirectory");
  const file = lookupLast(unit.document, "Build", "File");
  if (folder?.startsWith("/")) return folder;
  if (folder === undefined || folder === "unit")
    return folder === "unit" || file === undefined ? stack.root : dirname(resolve(stack.root, file));
  return folder === "file" && file !== undefined ? dirname(resolve(stack.root, file)) : resolve(stack.root, folder);
}

export function findUnit(stack: Stack, file: UnitFileName): StackUnit {
  const unit = stack.units.find((other) => other.file === file);
  if (unit === undefined) throw new PhoenixError("source-invalid", `Cannot find ${file}: the stack has no such file.`);
  return unit;
}
