/** Paths of the machine, as the Compose file names them: relative ones count from its folder. */
import { posix } from "node:path";
import { composeWord } from "./words.ts";

export type Folders = {
  /** Where the units lie. */
  readonly root: string;
  /** Where the Compose file will lie. */
  readonly target: string;
};

/** A raw path of a unit. What was absolute stays so. */
export function composePath(raw: string, { root, target }: Folders): string {
  const path = composeWord(raw);
  if (!path.startsWith(".")) return path;
  return relativePath(posix.resolve(root, path), target);
}

/** An absolute path seen from the Compose file. */
export function relativePath(path: string, target: string): string {
  const relative = posix.relative(target, path);
  if (relative === "") return ".";
  return relative.startsWith("../") || relative === ".." ? relative : `./${relative}`;
}
