import { readdirSync, statSync } from "node:fs";
import { isStackName, type Ms, type StackName } from "../../domain/words.ts";
import type { StatePaths } from "./statePaths.ts";

/** A look costs one stat a stack; inotify would be quicker, but its watches run out and end with the folder they are on. */
const everyMs: Ms = 1000;

/** Looks at the ledgers once a second and tells which changed, appeared or went since the call. */
export function watchLedgers(paths: StatePaths, changed: (stack: StackName) => void): () => void {
  let seen = stampsOf(paths);
  const look = (): void => {
    const now = stampsOf(paths);
    const before = seen;
    seen = now ?? seen;
    if (before === undefined || now === undefined) return;
    for (const stack of new Set([...before.keys(), ...now.keys()])) if (before.get(stack) !== now.get(stack)) changed(stack);
  };
  const timer = setInterval(look, everyMs);
  return () => clearInterval(timer);
}

/**
 * Undefined = the folder cannot be read now; the caller's relist says so. Without promises: this is done 86,400 times a day, and handing
 * each stat to a thread and back costs twenty times the stat itself.
 */
function stampsOf(paths: StatePaths): ReadonlyMap<StackName, string> | undefined {
  try {
    const names = readdirSync(paths.stacksPath).filter(isStackName);
    return new Map(
      names.flatMap((stack) => {
        const found = statSync(paths.stack(stack).historyPath, { throwIfNoEntry: false });
        return found === undefined ? [] : [[stack, `${found.ino} ${found.size} ${found.mtimeMs}`]];
      }),
    );
  } catch (error) {
    return (error as { readonly code?: unknown }).code === "ENOENT" ? new Map() : undefined;
  }
}
