import { lstat, readdir, realpath } from "node:fs/promises";
import { join, relative } from "node:path";
import { PhoenixError } from "../../domain/errors.ts";
import type { SourceEntry } from "../../domain/source.ts";
import type { LookAt } from "../../ports/store.ts";
import { ifThere } from "./failure.ts";
import { isWithin } from "./tree.ts";

const entryLimit = 50_000;

/** The entries on the way to some paths of a folder, links followed as long as they stay in it, and those below the deep ones. */
export async function lookAt(root: string, paths: readonly LookAt[]): Promise<readonly SourceEntry[]> {
  const entries = new Map<string, SourceEntry>();
  const add = async (path: string): Promise<SourceEntry | undefined> => {
    const known = entries.get(path);
    if (known !== undefined) return known;
    const found = await readEntry(root, path);
    if (found === undefined) return undefined;
    if (entries.size >= entryLimit)
      throw new PhoenixError("source-too-large", `Cannot read ${root}: more than ${entryLimit} files are needed.`);
    entries.set(path, found);
    return found;
  };
  const below = async (folder: string): Promise<void> => {
    for (const name of await readdir(join(root, folder))) {
      const path = folder === "" ? name : `${folder}/${name}`;
      if ((await add(path))?.kind === "folder") await below(path);
    }
  };
  const visit = async ({ path, deep }: LookAt, hops: number): Promise<void> => {
    const parts = path === "" ? [] : path.split("/");
    for (const [index] of parts.entries()) {
      const here = parts.slice(0, index + 1).join("/");
      const entry = await add(here);
      if (entry === undefined) return;
      if (entry.kind !== "link") continue;
      const { target, inside } = entry;
      const rest = parts.slice(index + 1);
      if (target !== undefined && inside && hops < 40) await visit({ path: join(relative(root, target), ...rest), deep }, hops + 1);
      return;
    }
    const isFolder = path === "" || entries.get(path)?.kind === "folder";
    if (deep && isFolder) await below(path);
  };
  for (const path of paths) await visit(path, 0);
  return [...entries.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function readEntry(root: string, path: string): Promise<SourceEntry | undefined> {
  const found = await ifThere(lstat(join(root, path)));
  if (found === undefined) return undefined;
  if (found.isFile()) return { kind: "file", path, sizeBytes: found.size, mode: found.mode & 0o7777 };
  if (found.isDirectory()) return { kind: "folder", path };
  if (!found.isSymbolicLink()) return undefined;
  const target = await realpath(join(root, path)).catch(() => undefined);
  return { kind: "link", path, target, inside: target !== undefined && isWithin(root, target) };
}
