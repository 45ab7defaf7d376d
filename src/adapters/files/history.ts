import { constants } from "node:fs";
import { open, readdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { PhoenixError } from "../../domain/errors.ts";
import { decodeLedger, encodeLine, type LedgerLine } from "../../domain/ledger.ts";
import { isStackName, type StackName } from "../../domain/words.ts";
import type { Clock, History } from "../../ports/store.ts";
import { syncFolder, writeAtomic } from "./atomic.ts";
import { ifThere, withReason } from "./failure.ts";
import { watchLedgers } from "./ledgerWatch.ts";
import { ensureState, requireSafeIfThere } from "./safeFolder.ts";
import type { StatePaths } from "./statePaths.ts";

export type HistoryOptions = {
  readonly paths: StatePaths;
  readonly clock: Pick<Clock, "now">;
  /** Names the process in each line: `phoenix deploy (4711)`. */
  readonly by: string;
  /** Told each line once it is on the disk: the journal's copy. */
  readonly recorded?: (stack: StackName, line: LedgerLine) => void;
};

/** The ledgers: one file a stack, one line an event, only ever appended to. */
export function fileHistory({ paths, clock, by, recorded }: HistoryOptions): History {
  return {
    stacks: async () =>
      await withReason("list the stacks", async () => {
        if (!(await requireSafeIfThere(paths.stacksPath))) return [];
        const entries = await readdir(paths.stacksPath, { withFileTypes: true });
        return entries.flatMap((entry) => (entry.isDirectory() && isStackName(entry.name) ? [entry.name] : [])).sort();
      }),

    read: async (stack) =>
      await withReason(`read the history of ${stack}`, async () =>
        decodeLedger((await ifThere(readFile(paths.stack(stack).historyPath, "utf8"))) ?? ""),
      ),

    append: async (stack, event) => {
      const line = { ...event, at: clock.now(), by };
      await withReason(`record an event of ${stack}`, async () => {
        await ensureState(paths, "stacks", stack);
        await appendLine(paths.stack(stack).historyPath, encodeLine(line));
      });
      recorded?.(stack, line);
      return line;
    },

    replace: async (stack, lines) =>
      await withReason(`rewrite the history of ${stack}`, async () => {
        await ensureState(paths, "stacks", stack);
        await writeAtomic(paths.stack(stack).historyPath, lines.map(encodeLine).join(""));
      }),

    watch: (changed) => watchLedgers(paths, changed),
  };
}

/** One write, so that lines of two processes never mix. A line that a power cut tore gets its end first, or it would swallow ours. */
async function appendLine(path: string, line: string): Promise<void> {
  const file = await open(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
  try {
    const { size } = await file.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await file.read(last, 0, 1, size - 1);
    const bytes = Buffer.from(size > 0 && last.toString() !== "\n" ? `\n${line}` : line);
    const { bytesWritten } = await file.write(bytes);
    await file.sync();
    if (bytesWritten !== bytes.length) {
      throw new PhoenixError("state-unwritable", `Cannot record an event: only ${bytesWritten} of ${bytes.length} bytes fit into ${path}.`);
    }
    if (size === 0) await syncFolder(dirname(path));
  } finally {
    await file.close();
  }
}
