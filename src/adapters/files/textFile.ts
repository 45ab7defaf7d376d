import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomic } from "./atomic.ts";
import { ifThere, withReason } from "./failure.ts";
import { ensureState } from "./safeFolder.ts";
import type { StatePaths } from "./statePaths.ts";

/** A small file's text, undefined when there is none. */
export async function readTextFile(path: string): Promise<string | undefined> {
  return await withReason(`read ${path}`, () => ifThere(readFile(path, "utf8")));
}

/** Names in a folder, sorted; none when there is no such folder. */
export async function folderNames(path: string): Promise<readonly string[]> {
  return await withReason(`list ${path}`, async () => ((await ifThere(readdir(path))) ?? []).sort());
}

/** A small file beside the stacks. */
export function stateFile(
  paths: StatePaths,
  name: string,
): { readonly read: () => Promise<string | undefined>; readonly write: (text: string) => Promise<void> } {
  const path = join(paths.stateRoot, name);
  return {
    read: () => readTextFile(path),
    write: async (text) => {
      await withReason(`write ${path}`, async () => {
        await ensureState(paths);
        await writeAtomic(path, text);
      });
    },
  };
}
