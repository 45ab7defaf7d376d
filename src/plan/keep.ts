import type { LedgerState } from "../domain/ledger.ts";
import type { GenerationNumber } from "../domain/words.ts";

const keptGood = 10;
/** Failed ones are kept for their story: what exactly was tried. */
const keptFailed = 3;

/** The generations that stay: what runs, what is pending, the last 10 good and the last 3 failed. */
export function keptGenerations(ledger: LedgerState, existing: readonly GenerationNumber[]): ReadonlySet<GenerationNumber> {
  const keep = new Set([...ledger.good.slice(-keptGood), ...ledger.failed.slice(-keptFailed), ledger.current]);
  if (ledger.pending !== undefined) for (const number of [ledger.pending.generation, ledger.pending.from]) keep.add(number);
  // One that the ledger does not know yet is being deployed right now by somebody else.
  const newest = Math.max(0, ...ledger.good, ...ledger.failed, ledger.current, ledger.pending?.generation ?? 0);
  return new Set(existing.filter((number) => keep.has(number) || number > newest));
}
