import type { LedgerState } from "../domain/ledger.ts";
import type { GenerationNumber } from "../domain/words.ts";

/**
 * Where to go back to from a generation: the one that ran before if it still counts as good, else the newest good one, else nothing (0).
 * Never the generation itself and never a failed one: a rollback that repeats the failure would loop.
 */
export function rollbackTarget(ledger: LedgerState, from: GenerationNumber): GenerationNumber {
  const candidates = ledger.good.filter((number) => number !== from);
  const before = ledger.pending?.from ?? ledger.current;
  if (before !== from && (before === 0 || candidates.includes(before))) return before;
  return candidates.at(-1) ?? 0;
}
