import { readdir, readFile } from "node:fs/promises";
import { decodeLedger, encodeLine, type LedgerLine } from "../../domain/ledger.ts";
import { isStackName, type StackName } from "../../domain/words.ts";
import type { Clock, History } from "../../ports/store.ts";
import { ifThere, withReason } from "./failure.ts";
import { appendLine, rewriteLines } from "./ledgerFile.ts";
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

    shorten: async (stack, keep) =>
      await withReason(`shorten the history of ${stack}`, async () => {
        await ensureState(paths, "stacks", stack);
        return await rewriteLines(paths.stack(stack).historyPath, keep);
      }),

    watch: (changed) => watchLedgers(paths, changed),
  };
}
