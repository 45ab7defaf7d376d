import { randomBytes } from "node:crypto";
import { constants, readFileSync } from "node:fs";
import { open, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/**
 * Every write of ours: a temporary file, its bytes on the disk, rename, the folder on the disk. After a power cut there is the old
 * file or the new one. A temporary name never ends in a Quadlet extension: Podman's generator reads hidden files too.
 */
export async function writeAtomic(path: string, data: string | Uint8Array, mode = 0o600): Promise<void> {
  const temporary = join(dirname(path), temporaryName(basename(path)));
  try {
    await writeSynced(temporary, data, mode);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    throw error;
  }
  await syncFolder(dirname(path));
}

/** A new file with its bytes on the disk; refuses one that is there already. */
export async function writeSynced(path: string, data: string | Uint8Array, mode = 0o600): Promise<void> {
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, mode);
  try {
    await file.writeFile(data);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Makes the names in a folder survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/**
 * `.tmp-<pid>.<start>-<random>-<name>`: says whose it is, so that what a dead process left behind can be told from work in progress. A pid
 * alone is not enough: after a power cut another process soon had the number, and what the first one left stayed for a day.
 */
export function temporaryName(name: string): string {
  return `.tmp-${process.pid}.${startOf("self")}-${randomBytes(6).toString("hex")}-${name.slice(0, 60)}~`;
}

/** Removes temporary files and folders whose process has died, or that are a day old (on another boot a process may have begun at the same tick). */
export async function sweepTemporary(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const [, pid, start] = /^\.tmp-(\d+)\.(\d+)-/u.exec(name) ?? [];
    if (pid === undefined) continue;
    const path = join(folder, name);
    const isOld = async (): Promise<boolean> => Date.now() - (await stat(path).catch(() => ({ mtimeMs: 0 }))).mtimeMs > 86_400_000;
    if (startOf(pid) !== start || (await isOld())) await rm(path, { recursive: true, force: true });
  }
}

/** When a process began, in clock ticks since the boot of the kernel: field 22 of proc(5)'s stat, behind a name that may hold anything. */
function startOf(pid: string): string | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "latin1");
    return text.slice(text.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}
