import { lstat, mkdir, readdir, realpath, rename, rm, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PhoenixError } from "../../domain/errors.ts";
import type { PinnedInput } from "../../domain/generation.ts";
import { syncFolder, temporaryName, writeSynced } from "./atomic.ts";
import { codeOf, ifThere } from "./failure.ts";
import { copyTree, digestTree, isWithin } from "./tree.ts";

/** Longer than any deploy takes from its first copy to its generation. */
const preparationMs = 3_600_000;

/**
 * Copies what a unit reads (or writes its text, where it stands in no file) to `files/<digest>/<name>`, unless the same content is
 * there. The copy must have the digest that was planned with.
 */
export async function pinInput(sourceRoot: string, input: PinnedInput, filesPath: string, text?: string): Promise<void> {
  const folder = join(filesPath, input.digest);
  if (!/^[0-9a-f]{64}$/u.test(input.digest) || dirname(input.path) !== folder) {
    throw new PhoenixError("state-unsafe", `Cannot copy ${input.source}: ${input.path} is not in ${filesPath}.`);
  }
  if (await isSound(input)) {
    const now = new Date();
    await utimes(folder, now, now);
    return;
  }
  // A copy that was damaged on the disk gives way; a rename of ours is the only way in.
  await rm(input.path, { recursive: true, force: true });
  const temporary = join(filesPath, temporaryName("copy"));
  try {
    if (text === undefined) await copyTree(await findInput(sourceRoot, input), temporary, input.secret);
    else await writeSynced(temporary, text, input.secret ? 0o600 : 0o644);
    const { digest } = await digestTree(temporary);
    if (digest !== input.digest) throw new PhoenixError("source-changed", `Cannot copy ${input.source}: it changed meanwhile.`);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await place(temporary, input.path);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  await syncFolder(folder);
  await syncFolder(filesPath);
}

async function findInput(sourceRoot: string, input: PinnedInput): Promise<string> {
  const gone = (cause: unknown): never => {
    throw new PhoenixError("source-changed", `Cannot copy ${input.source}: it is gone.`, { cause });
  };
  const root = await realpath(sourceRoot).catch(gone);
  const source = await realpath(join(root, input.source)).catch(gone);
  if (!isWithin(root, source)) throw new PhoenixError("link-outside", `Cannot copy ${input.source}: it leads out of ${root}.`);
  return source;
}

async function isSound(input: PinnedInput): Promise<boolean> {
  const found = await ifThere(lstat(input.path));
  if (found === undefined || found.isSymbolicLink()) return false;
  // Somebody else's copy of the same content may be readable by others.
  if (input.secret && found.isFile() && (found.mode & 0o077) !== 0) return false;
  return (await digestTree(input.path).catch(() => undefined))?.digest === input.digest;
}

/** Another process may have put the same content there in the meantime: then that one stays. */
async function place(temporary: string, path: string): Promise<void> {
  try {
    await rename(temporary, path);
  } catch (error) {
    if (codeOf(error) !== "ENOTEMPTY" && codeOf(error) !== "EEXIST") throw error;
  }
}

/** Removes content that none of these inputs names, and that no deploy in preparation can have put there. */
export async function retainInputs(filesPath: string, inputs: readonly PinnedInput[]): Promise<void> {
  const named = new Set(inputs.map(({ digest }) => digest));
  for (const name of (await ifThere(readdir(filesPath))) ?? []) {
    if (!/^[0-9a-f]{64}$/u.test(name) || named.has(name)) continue;
    const path = join(filesPath, name);
    if (Date.now() - (await lstat(path)).mtimeMs > preparationMs) await rm(path, { recursive: true, force: true });
  }
}
