import type { Issue } from "../domain/errors.ts";
import type { SourceFolder } from "../domain/source.ts";
import type { UnitFileName } from "../domain/words.ts";
import type { Stack } from "./stack.ts";

export type LoadOptions = {
  readonly folder: SourceFolder;
  /** What `--stack` says; else the folder's name decides. */
  readonly name?: string | undefined;
  /** The generator's version; undefined checks no versions. */
  readonly podmanVersion: string | undefined;
  /** Unit files of other stacks, which may be referred to, and the names of their Podman objects. */
  readonly others?: ReadonlyMap<UnitFileName, string>;
};

/** There is a stack only if there is no error among the issues. */
export type Loaded = { readonly stack?: Stack; readonly issues: readonly Issue[] };

/** Reads a folder of Quadlet files. All findings are collected, each with its place. */
export function loadStack(_options: LoadOptions): Loaded {
  return { issues: [] };
}
