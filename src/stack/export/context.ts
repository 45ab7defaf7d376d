/** What the parts of the export share: the stack, where the file will lie, and what was left out. */
import type { Issue } from "../../domain/errors.ts";
import type { Pair } from "../../quadlet/document.ts";
import type { Stack, StackUnit } from "../stack.ts";
import type { Folders } from "./paths.ts";

/** Something that the Compose file does not say. */
export type LeftOut = {
  readonly unit: StackUnit["file"];
  /** `ReadOnlyTmpfs=false`, as a reader finds it in the unit. */
  readonly what: string;
  readonly because: string;
  readonly place: NonNullable<Issue["place"]>;
};

export type ExportContext = {
  readonly stack: Stack;
  readonly folders: Folders;
  /** The Compose service of a unit. */
  readonly serviceOf: (unit: StackUnit) => string;
  /** `value`: the part of the line that is meant, if not all of it. */
  readonly leave: (unit: StackUnit, pair: Pair, because: string, value?: string) => void;
};
