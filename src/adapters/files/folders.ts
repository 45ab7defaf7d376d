import { createHash } from "node:crypto";
import { cp, lstat, mkdir, open, readdir, readFile, realpath, rename, rm } from "node:fs/promises";
import { basename, dirname, join, posix } from "node:path";
import * as z from "zod";
import { PhoenixError } from "../../domain/errors.ts";
import type { Folders, NewFile } from "../../ports/store.ts";
import { syncFolder, temporaryName, writeAtomic, writeSynced } from "./atomic.ts";
import { ifThere, withReason } from "./failure.ts";
import { copyTree, digestTree, isWithin } from "./tree.ts";

/** What an import wrote, by path, with its digest: what a person edited since is theirs. No unit, so Podman's generator passes over it. */
const recordName = ".phoenix-import.json";
const recordSchema = z.record(z.string(), z.string());
type WrittenFiles = Readonly<Record<string, string>>;

export const newFolders: Folders = {
  write: async (path, files, { force }) =>
    await withReason(`write ${path}`, async () => {
      const parent = await parentOf(path);
      const target = join(parent, basename(path));
      const before = await readRecord(target);
      if (!force) await refuseOthers(target, files, before);
      const temporary = join(parent, temporaryName(basename(path)));
      const old = join(parent, temporaryName(basename(path)));
      try {
        await keepOthers(target, temporary, before);
        const record = await writeAll(temporary, files);
        await writeAtomic(join(temporary, recordName), `${JSON.stringify(record, null, 1)}\n`, 0o644);
        // A power cut must not find new names on files that are still empty, the person's own among them: the old folder goes below.
        await syncTree(temporary);
        const isThere = (await ifThere(lstat(target))) !== undefined;
        // Node has no exchange of two folders in one step; between these two the old one has another name.
        if (isThere) await rename(target, old);
        await rename(temporary, target).catch(async (error: unknown) => {
          if (isThere) await rename(old, target);
          throw error;
        });
        await syncFolder(parent);
        // Only now: had the new one not got its name, this may be all there is.
        await rm(old, { recursive: true, force: true });
      } finally {
        await rm(temporary, { recursive: true, force: true });
      }
    }),

  writeFile: async (path, text, { force, secret }) =>
    await withReason(`write ${path}`, async () => {
      const isThere = (await ifThere(lstat(path))) !== undefined;
      if (isThere && !force) throw new PhoenixError("import-exists", `Cannot write ${path}: it is there already.`);
      await writeAtomic(path, text, secret ? 0o600 : 0o644);
    }),

  make: async (paths) =>
    await withReason("make a folder", async () => {
      const made: string[] = [];
      for (const path of paths) if ((await mkdir(path, { recursive: true })) !== undefined) made.push(path);
      return made;
    }),
};

async function parentOf(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true });
  return await realpath(dirname(path));
}

async function readRecord(target: string): Promise<WrittenFiles> {
  const found = await ifThere(lstat(target));
  if (found === undefined) return {};
  if (!found.isDirectory()) throw new PhoenixError("import-exists", `Cannot write ${target}: it is there already, and no folder.`);
  const text = await ifThere(readFile(join(target, recordName), "utf8"));
  const parsed = text === undefined ? undefined : recordSchema.safeParse(parseJson(text));
  return parsed?.data ?? {};
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Nothing that somebody else wrote, or edited, is overwritten or removed. */
async function refuseOthers(target: string, files: readonly NewFile[], before: WrittenFiles): Promise<void> {
  const paths = new Set([...files.map((file) => file.path), ...Object.keys(before)]);
  for (const path of paths) {
    const there = join(target, path);
    if ((await ifThere(lstat(there))) === undefined) continue;
    const digest = (await digestTree(there)).digest;
    if (before[path] === digest) continue;
    const because = before[path] === undefined ? "it is there already" : "it was edited since it was imported";
    throw new PhoenixError("import-exists", `Cannot write ${there}: ${because}.`);
  }
}

/** Everything but what the last import wrote. */
async function keepOthers(target: string, temporary: string, before: WrittenFiles): Promise<void> {
  if ((await ifThere(lstat(target))) === undefined) {
    await mkdir(temporary);
    return;
  }
  const gone = new Set([...Object.keys(before), recordName].map((path) => join(target, path)));
  await cp(target, temporary, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true, filter: (from) => !gone.has(from) });
  await removeEmpty(temporary, new Set(Object.keys(before).map((path) => posix.dirname(path))));
}

/** Folders that held nothing but what the last import wrote. */
async function removeEmpty(root: string, folders: ReadonlySet<string>): Promise<void> {
  for (const folder of [...folders].filter((one) => one !== ".").sort((a, b) => b.length - a.length)) {
    const names = await ifThere(readdir(join(root, folder)));
    if (names?.length === 0) await rm(join(root, folder), { recursive: true });
  }
}

/** Many at a time: each waits for the disk. */
const atOnce = 64;

/** Files that were synced when they were written cost next to nothing here. */
async function syncTree(root: string): Promise<void> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile())) {
    const file = await open(join(entry.parentPath, entry.name));
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }
  for (const entry of entries.filter((one) => one.isDirectory())) await syncFolder(join(entry.parentPath, entry.name));
  await syncFolder(root);
}

async function writeAll(root: string, files: readonly NewFile[]): Promise<WrittenFiles> {
  const digests: (readonly [string, string])[] = [];
  for (let start = 0; start < files.length; start += atOnce) {
    const some = files.slice(start, start + atOnce);
    digests.push(...(await Promise.all(some.map(async (file) => [file.path, await writeOne(root, file)] as const))));
  }
  return Object.fromEntries(digests);
}

/** Writes it and gives its digest. */
async function writeOne(root: string, file: NewFile): Promise<string> {
  const path = join(root, file.path);
  if (!isWithin(root, path) || path === root)
    throw new PhoenixError("link-outside", `Cannot write ${file.path}: it leads out of the folder.`);
  await mkdir(dirname(path), { recursive: true });
  await rm(path, { recursive: true, force: true });
  if ("text" in file) {
    await writeSynced(path, file.text, file.secret ? 0o600 : 0o644);
    return createHash("sha256").update(file.text).digest("hex");
  }
  await copyTree(await realpath(file.from), path, file.secret);
  return (await digestTree(path)).digest;
}
