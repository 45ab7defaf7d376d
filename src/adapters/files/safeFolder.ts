import { lstat, mkdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PhoenixError } from "../../domain/errors.ts";
import { syncFolder } from "./atomic.ts";
import { codeOf, ifThere } from "./failure.ts";
import type { StatePaths } from "./statePaths.ts";

/**
 * Folders of ours must be real ones, belong to us, and let nobody else write: through a link or a shared folder somebody else would
 * decide what our user's systemd runs. The homes above them are the user's business (many keep `~/.config` elsewhere by a link).
 */
export async function requireSafe(path: string): Promise<void> {
  const found = await lstat(path);
  if (found.isSymbolicLink()) throw unsafe(path, "a link");
  if (!found.isDirectory()) throw unsafe(path, "not a folder");
  if (found.uid !== process.getuid?.()) throw unsafe(path, "another user's");
  if ((found.mode & 0o022) !== 0) throw unsafe(path, "writable by others");
}

/** Makes the folder (0700) if it is missing, and insists that it is safe either way. The folder above must be there. */
export async function ensureSafe(path: string): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
    await syncFolder(dirname(path));
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error;
  }
  await requireSafe(path);
}

/** Every folder from the state home down to one of ours. */
export async function ensureState(paths: StatePaths, ...below: readonly string[]): Promise<void> {
  await mkdir(paths.stateHome, { recursive: true, mode: 0o700 });
  let path = paths.stateRoot;
  await ensureSafe(path);
  for (const name of below) {
    path = join(path, name);
    await ensureSafe(path);
  }
}

/** The folders of the live links and of the links being made. */
export async function ensureLinks(paths: StatePaths): Promise<void> {
  const shared = dirname(paths.linksPath);
  await mkdir(shared, { recursive: true });
  // These two are Podman's, and may be links of the user's own.
  if ((await stat(shared)).uid !== process.getuid?.()) throw unsafe(shared, "another user's");
  await ensureSafe(paths.linksPath);
  await ensureSafe(paths.scratchPath);
}

/** Throws only for a folder that is there and not safe. */
export async function requireSafeIfThere(path: string): Promise<boolean> {
  if ((await ifThere(lstat(path))) === undefined) return false;
  await requireSafe(path);
  return true;
}

function unsafe(path: string, what: string): PhoenixError {
  return new PhoenixError("state-unsafe", `Cannot use ${path}: it is ${what}.`);
}
