/** Questions about the source folder: what stands at a path, with links followed, and without ever leaving the folder. */
import { posix } from "node:path";
import type { SourceEntry, SourceFolder } from "../domain/source.ts";

export type Located =
  | { readonly kind: "file" | "folder" /** Relative to the root, links resolved. */; readonly path: string; readonly sizeBytes: number }
  | { readonly kind: "missing"; readonly path: string }
  /** The path itself names a place outside. */
  | { readonly kind: "outside"; readonly path: string }
  /** A link on the way leaves the folder, or leads nowhere. */
  | { readonly kind: "link-outside" | "link-dangling"; readonly path: string };

export type Tree = { readonly root: string; readonly entries: ReadonlyMap<string, SourceEntry> };

export function makeTree(folder: SourceFolder): Tree {
  return { root: folder.root, entries: new Map(folder.entries.map((entry) => [entry.path, entry])) };
}

/** A path of the folder relative to its root, `""` for the root itself; undefined for one outside. */
export function insidePath(root: string, path: string): string | undefined {
  const absolute = posix.resolve(root, path);
  if (absolute === root) return "";
  const prefix = root === "/" ? "/" : `${root}/`;
  return absolute.startsWith(prefix) ? absolute.slice(prefix.length) : undefined;
}

/** What stands at a path that is relative to the root, or absolute. */
export function locate(tree: Tree, path: string, hops = 0): Located {
  const inside = insidePath(tree.root, path);
  if (inside === undefined) return { kind: "outside", path: posix.resolve(tree.root, path) };
  const parts = inside === "" ? [] : inside.split("/");
  for (const [index] of parts.entries()) {
    const prefix = parts.slice(0, index + 1).join("/");
    const entry = tree.entries.get(prefix);
    if (entry?.kind !== "link") continue;
    if (entry.target === undefined || hops > 40) return { kind: "link-dangling", path: prefix };
    if (!entry.inside) return { kind: "link-outside", path: prefix };
    return locate(tree, posix.join(entry.target, ...parts.slice(index + 1)), hops + 1);
  }
  const entry = tree.entries.get(inside);
  if (entry?.kind === "file") return { kind: "file", path: inside, sizeBytes: entry.sizeBytes };
  if (inside !== "" && entry === undefined) return { kind: "missing", path: inside };
  return { kind: "folder", path: inside, sizeBytes: folderBytes(tree, inside) };
}

/** The links below a folder that cannot be copied with it: those that leave it or lead nowhere. */
export function strayLinks(tree: Tree, folder: string): readonly SourceEntry[] {
  return below(tree, folder).filter(
    (entry) =>
      entry.kind === "link" && (entry.target === undefined || insidePath(posix.join(tree.root, folder), entry.target) === undefined),
  );
}

function folderBytes(tree: Tree, folder: string): number {
  return below(tree, folder).reduce((sum, entry) => sum + (entry.kind === "file" ? entry.sizeBytes : 0), 0);
}

function below(tree: Tree, folder: string): readonly SourceEntry[] {
  const prefix = folder === "" ? "" : `${folder}/`;
  return [...tree.entries.values()].filter((entry) => entry.path.startsWith(prefix));
}
