import { readdir, stat } from "node:fs/promises";
import { isStackName, type Ms, type StackName } from "../../domain/words.ts";
import { ifThere } from "./failure.ts";
import type { StatePaths } from "./statePaths.ts";

/** A look costs one stat a stack; inotify would be quicker, but its watches run out and end with the folder they are on. */
const everyMs: Ms = 1000;

/** Looks at the ledgers once a second and tells which changed, appeared or went since the call. */
export function watchLedgers(paths: StatePaths, changed: (stack: StackName) => void): () => void {
  let seen: ReadonlyMap<StackName, string> | undefined;
  let isLooking = false;
  const look = async (): Promise<void> => {
    if (isLooking) return;
    isLooking = true;
    try {
      const now = await stampsOf(paths);
      const before = seen;
      seen = now;
      if (before === undefined) return;
      for (const stack of new Set([...before.keys(), ...now.keys()])) if (before.get(stack) !== now.get(stack)) changed(stack);
    } catch {
      // A folder that cannot be read now: the caller's relist says so.
    } finally {
      isLooking = false;
    }
  };
  void look();
  const timer = setInterval(() => void look(), everyMs);
  return () => clearInterval(timer);
}

async function stampsOf(paths: StatePaths): Promise<ReadonlyMap<StackName, string>> {
  const names = ((await ifThere(readdir(paths.stacksPath))) ?? []).filter(isStackName);
  const stamps = await Promise.all(
    names.map(async (stack): Promise<readonly (readonly [StackName, string])[]> => {
      const found = await ifThere(stat(paths.stack(stack).historyPath));
      return found === undefined ? [] : [[stack, `${found.ino} ${found.size} ${found.mtimeMs}`]];
    }),
  );
  return new Map(stamps.flat());
}
