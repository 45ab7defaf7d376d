import type { Issue } from "../domain/errors.ts";
import type { Generation, PinnedImage } from "../domain/generation.ts";
import type { Digest, UnitFileName } from "../domain/words.ts";
import type { Stack, StackUnit } from "./stack.ts";

export type RenderOptions = {
  readonly stack: Stack;
  /** By unit file (containers and image volumes). A unit that is missing here keeps the name its source has and gets no `image`. */
  readonly images: ReadonlyMap<UnitFileName, PinnedImage>;
  /** By `StackInput.source`; every input of the stack. */
  readonly inputDigests: ReadonlyMap<string, { readonly digest: Digest; readonly kind: "file" | "folder" }>;
  /** `$XDG_STATE_HOME/phoenix`, absolute. */
  readonly stateRoot: string;
  readonly generatorVersion: string;
  /** Milliseconds since 1970. Stands in the manifest only: no text and no digest depends on it. */
  readonly createdAt: number;
};

export type Rendered = { readonly candidate: Omit<Generation, "number">; readonly issues: readonly Issue[] };

/** The generation that a stack makes of itself: the same inputs give the same bytes. */
export function renderStack({ stack, createdAt, generatorVersion }: RenderOptions): Rendered {
  return {
    candidate: { schema: 1, stack: stack.name, source: stack.root, digest: "", contentDigest: "", generatorVersion, createdAt, units: [] },
    issues: [],
  };
}

/** The tag that pins an image: `localhost/phoenix/<stack>/<unit>:<id12>`. */
export function pinTag(stack: string, unit: { readonly name: string }, imageId: string): string {
  return `localhost/phoenix/${stack}/${unit.name.toLowerCase()}:${imageId.slice(0, 12)}`;
}

/** The text of a `.build` or `.image` file for the generator: as written, with absolute paths, for staging anywhere. */
export function renderImageMaker(_stack: Stack, _unit: StackUnit): string {
  return "";
}
