import { createHash, type Hash } from "node:crypto";
import { constants, createReadStream } from "node:fs";
import { chmod, copyFile, lstat, mkdir, open, readdir, readlink, realpath, symlink } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { PhoenixError } from "../../domain/errors.ts";
import type { Digest } from "../../domain/words.ts";
import { syncFolder } from "./atomic.ts";

export type TreeDigest = { readonly digest: Digest; readonly kind: "file" | "folder"; readonly sizeBytes: number };

/** Above this nothing is copied (D3), so nothing this large is read either: names, sizes and times must do. */
export const copyLimitBytes = 64 * 1024 * 1024;
const entryLimit = 50_000;

type Entry = {
  readonly path: string;
  readonly kind: "file" | "folder" | "link";
  readonly sizeBytes: number;
  readonly isProgram: boolean;
  readonly mtimeMs: number;
};

/** Digest of a file (its sha256, as `sha256sum` prints it) or of a folder: names, contents, links and which files may be run. */
export async function digestTree(path: string): Promise<TreeDigest> {
  const found = await lstat(path);
  if (!found.isDirectory()) {
    if (!found.isFile()) throw strange(path);
    const isProgram = (found.mode & 0o100) !== 0;
    const hash = createHash("sha256");
    if (isProgram) hash.update("program\0");
    if (found.size > copyLimitBytes) hash.update(`large\0${found.size}\0${found.mtimeMs}`);
    else await hashFile(hash, path);
    return { digest: hash.digest("hex"), kind: "file", sizeBytes: found.size };
  }
  const entries = await listTree(path);
  const sizeBytes = entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
  const hash = createHash("sha256").update("folder\0");
  for (const entry of entries) {
    hash.update(`${entry.kind}${entry.isProgram ? " program" : ""}\0${entry.path}\0${entry.sizeBytes}\0`);
    if (entry.kind === "link") hash.update(`${await readlink(join(path, entry.path))}\0`);
    else if (entry.kind === "file" && sizeBytes > copyLimitBytes) hash.update(`${entry.mtimeMs}\0`);
    else if (entry.kind === "file") await hashFile(hash, join(path, entry.path));
  }
  return { digest: hash.digest("hex"), kind: "folder", sizeBytes };
}

/** Copies a file or folder to a place where nothing is yet, all of it on the disk. A secret one is for its owner only. */
export async function copyTree(from: string, to: string, secret: boolean): Promise<void> {
  const found = await lstat(from);
  if (!found.isDirectory()) {
    await copyOne(from, to, secret);
    return;
  }
  await makeFolder(from, to);
  for (const entry of await listTree(from)) {
    const target = join(to, entry.path);
    if (entry.kind === "folder") await makeFolder(join(from, entry.path), target);
    else if (entry.kind === "link") await symlink(await readlink(join(from, entry.path)), target);
    else await copyOne(join(from, entry.path), target, secret);
  }
  for (const folder of [".", ...(await listTree(to)).filter(({ kind }) => kind === "folder").map(({ path }) => path)]) {
    await syncFolder(join(to, folder));
  }
}

/** Every entry below a folder, folders before what they hold, in the order of their names' code units. */
async function listTree(root: string): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  const real = await realpath(root);
  const visit = async (folder: string): Promise<void> => {
    for (const name of (await readdir(join(root, folder))).sort()) {
      const path = folder === "" ? name : `${folder}/${name}`;
      const found = await lstat(join(root, path));
      if (entries.length >= entryLimit) {
        throw new PhoenixError("source-too-large", `Cannot read ${root}: it holds more than ${entryLimit} files.`);
      }
      const entry = { path, sizeBytes: 0, isProgram: false, mtimeMs: found.mtimeMs };
      if (found.isDirectory()) {
        entries.push({ ...entry, kind: "folder" });
        await visit(path);
      } else if (found.isSymbolicLink()) {
        await refuseOutside(real, path);
        entries.push({ ...entry, kind: "link" });
      } else if (found.isFile()) {
        entries.push({ ...entry, kind: "file", sizeBytes: found.size, isProgram: (found.mode & 0o100) !== 0 });
      } else throw strange(join(root, path));
    }
  };
  await visit("");
  return entries;
}

/** A link must mean the same in the copy: relative, and within the folder. */
async function refuseOutside(root: string, path: string): Promise<void> {
  const target = await readlink(join(root, path));
  const named = resolve(dirname(join(root, path)), target);
  const real = await realpath(join(root, path)).catch(() => named);
  if (!target.startsWith("/") && isWithin(root, named) && isWithin(root, real)) return;
  throw new PhoenixError("link-outside", `Cannot copy ${join(root, path)}: the link leads out of ${root}.`);
}

/** Whether a path is the root or below it. Both absolute, links resolved. */
export function isWithin(root: string, path: string): boolean {
  const way = relative(root, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`));
}

async function hashFile(hash: Hash, path: string): Promise<void> {
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
}

/** With the mode of the original, whatever our umask: a container's user must be able to enter. */
async function makeFolder(from: string, to: string): Promise<void> {
  await mkdir(to);
  await chmod(to, ((await lstat(from)).mode & 0o777) | 0o700);
}

async function copyOne(from: string, to: string, secret: boolean): Promise<void> {
  const { mode } = await lstat(from);
  await copyFile(from, to, constants.COPYFILE_EXCL);
  await chmod(to, secret ? 0o600 | (mode & 0o100) : mode & 0o777);
  const file = await open(to, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}

function strange(path: string): PhoenixError {
  return new PhoenixError("file-unreadable", `Cannot read ${path}: it is neither a file, a folder nor a link.`);
}
