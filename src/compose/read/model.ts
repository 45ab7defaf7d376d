/** Where a file is read, and its documents as they count there. */
import type { ComposeNode, MapNode } from "../node.ts";
import { interpolateNode } from "./interpolate.ts";
import { rebasePaths } from "./paths.ts";
import type { Reading } from "./reading.ts";
import type { Variables } from "./variables.ts";

/** The files that were named together, or that one `include` names. */
export type Model = {
  readonly reading: Reading;
  /** What relative paths count from. */
  readonly folder: string;
  readonly variables: Variables;
  /** The files that led here by `include`, the outermost first. */
  readonly chain: readonly string[];
  /** The files that services extend, read once. */
  readonly extended: Map<string, ExtendSource>;
};

/** A file's services, the folder that its own `extends.file` counts from, and what is known of its services already. */
export type ExtendSource = {
  readonly file: string;
  readonly folder: string;
  readonly services: MapNode;
  readonly done: Map<string, { readonly node: ComposeNode; readonly level: number }>;
};

/** Keys that say how to read a file, and nothing about the project. */
const consumed: ReadonlySet<string> = new Set(["version", "name"]);

/** The documents of one file with their variables replaced, and their paths, which count from `base`, as the project folder sees them. */
export function readFile({ reading, variables }: Model, file: string, base: string): readonly MapNode[] {
  return reading.documents(file).map((document) => {
    const kept = document.entries.filter(({ key }) => !consumed.has(key));
    const whole = interpolateNode({ ...document, entries: kept }, reading, (name) => variables.get(name));
    return rebasePaths(whole, base, reading.folder);
  });
}
