/** Stack -> generation: a pure function, byte for byte. Nothing here reads a clock, and no text holds a generation's number. */
import { posix } from "node:path";
import type { Issue } from "../domain/errors.ts";
import type { Generation, GenerationUnit, PinnedImage, PinnedInput } from "../domain/generation.ts";
import type { Digest, UnitFileName } from "../domain/words.ts";
import { serialiseDocument } from "../quadlet/serialise.ts";
import { contentDigest, generationDigest } from "./digest.ts";
import { withAbsoluteBuild } from "./image-makers.ts";
import { mapPaths } from "./paths.ts";
import { renderUnit } from "./render-unit.ts";
import { isImageMaker, type Stack, type StackUnit } from "./stack.ts";

export type RenderOptions = {
  readonly stack: Stack;
  /** By unit file (containers and image volumes). A unit that is missing here keeps the name its source has and gets no `image`. */
  readonly images: ReadonlyMap<UnitFileName, PinnedImage>;
  /** By `StackInput.source`; every input of the stack. */
  readonly inputDigests: ReadonlyMap<string, { readonly digest: Digest; readonly kind: "file" | "folder" }>;
  /** `$XDG_STATE_HOME/phoenix`, absolute. */
  readonly stateRoot: string;
  readonly generatorVersion: string;
  /** Of the user manager, e.g. 257; undefined takes it for a recent one. */
  readonly systemdVersion?: number | undefined;
  /** Milliseconds since 1970. Stands in the manifest only: no text and no digest depends on it. */
  readonly createdAt: number;
};

export type Rendered = { readonly candidate: Omit<Generation, "number">; readonly issues: readonly Issue[] };

/** The generation that a stack makes: the same stack, images and inputs give the same texts and digests. */
export function renderStack({
  stack,
  images,
  inputDigests,
  stateRoot,
  generatorVersion,
  systemdVersion,
  createdAt,
}: RenderOptions): Rendered {
  const pinned = new Map<string, PinnedInput>();
  const issues: Issue[] = [];
  for (const { source, secret, place } of stack.inputs) {
    const found = inputDigests.get(source);
    if (found === undefined) {
      issues.push({ severity: "error", code: "input-missing", message: `Cannot pin ${source}: its digest is not known.`, place });
      continue;
    }
    const name = posix.basename(source === "" ? stack.root : source);
    const path = posix.join(stateRoot, "stacks", stack.name, "files", found.digest, name);
    pinned.set(source, { source, digest: found.digest, path, kind: found.kind, secret });
  }
  const units = stack.units
    .filter((unit) => !isImageMaker(unit.type))
    .map((unit): GenerationUnit => {
      const image = images.get(unit.file);
      const inputs = inputsOf(unit, pinned);
      const { text, digest } = renderUnit({ unit, stack, image, inputs: pinned, systemdVersion });
      const { file, type, service, object, ports, after, requires, networks, volumes, policy, route } = unit;
      const rest = {
        ...(image === undefined ? {} : { image }),
        ...(policy === undefined ? {} : { policy }),
        ...(route === undefined ? {} : { route }),
      };
      return { file, type, service, object, text, digest, inputs, ports, after, requires, networks, volumes, ...rest };
    });
  const digests = { digest: generationDigest(units), contentDigest: contentDigest(units) };
  return {
    candidate: { schema: 1, stack: stack.name, source: stack.root, ...digests, generatorVersion, createdAt, units },
    issues,
  };
}

function inputsOf(unit: StackUnit, pinned: ReadonlyMap<string, PinnedInput>): readonly PinnedInput[] {
  const sources = [...unit.paths.values()].flatMap((fate) => ("input" in fate ? [fate.input] : []));
  return [...new Set(sources)].sort().flatMap((source) => pinned.get(source) ?? []);
}

/** The tag that pins an image: `localhost/phoenix/<stack>/<unit>:<id12>`. What a tag cannot hold becomes a dash: the ID tells images apart. */
export function pinTag(stack: string, unit: { readonly name: string }, imageId: string): string {
  const name = unit.name
    .toLowerCase()
    .replace(/[^a-z0-9]+/gu, "-")
    .replace(/^-|-$/gu, "");
  return `localhost/phoenix/${stack}/${name === "" ? "unit" : name}:${imageId.replace(/^sha256:/u, "").slice(0, 12)}`;
}

/** The text of a `.build` or `.image` file for the generator: as written, with absolute paths, so that it can be staged anywhere. */
export function renderImageMaker(stack: Stack, unit: StackUnit): string {
  const placed = unit.type === "build" ? withAbsoluteBuild(unit.document, stack.root) : unit.document;
  const mapped = mapPaths(placed, unit.type, (use) => {
    const fate = unit.paths.get(use.raw);
    return fate !== undefined && "path" in fate ? fate.path : undefined;
  });
  return serialiseDocument(mapped);
}
