import { lstat, readlink, rename, rm, symlink } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { PhoenixError } from "../../domain/errors.ts";
import type { GenerationNumber, StackName } from "../../domain/words.ts";
import { sweepTemporary, syncFolder, temporaryName } from "./atomic.ts";
import { ifThere } from "./failure.ts";
import { ensureLinks, requireSafe, requireSafeIfThere } from "./safeFolder.ts";
import { folderNumber, type StatePaths } from "./statePaths.ts";

/** Which generation the live link names: 0 = there is none, undefined = something else stands there. */
export async function readLive(paths: StatePaths, stack: StackName): Promise<GenerationNumber | undefined> {
  const { livePath, units } = paths.stack(stack);
  const found = await ifThere(lstat(livePath));
  if (found === undefined) return 0;
  if (!found.isSymbolicLink()) return undefined;
  const target = await readlink(livePath);
  const number = folderNumber(basename(dirname(target)));
  return number !== undefined && target === units(number) ? number : undefined;
}

/**
 * Names another generation in one rename. The new link is made outside containers/systemd: one inside is read by every generator run
 * in between, and its units win over the live ones when its name sorts first.
 */
export async function writeLive(paths: StatePaths, stack: StackName, number: GenerationNumber): Promise<void> {
  const { livePath, units } = paths.stack(stack);
  if (number === 0 && !(await requireSafeIfThere(paths.linksPath))) return;
  await ensureLinks(paths);
  const found = await ifThere(lstat(livePath));
  if (found !== undefined && !found.isSymbolicLink()) {
    throw new PhoenixError("state-unsafe", `Cannot switch ${stack}: ${livePath} is not a link of ours.`);
  }
  if (number === 0) await rm(livePath, { force: true });
  else {
    await requireSafe(units(number));
    await sweepTemporary(paths.scratchPath);
    const temporary = join(paths.scratchPath, temporaryName(stack));
    await symlink(units(number), temporary);
    try {
      await rename(temporary, livePath);
    } catch (error) {
      await rm(temporary, { force: true });
      throw error;
    }
  }
  await syncFolder(paths.linksPath);
}
