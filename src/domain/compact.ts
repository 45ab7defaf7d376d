import type { LedgerLine } from "./ledger.ts";

type EventName = LedgerLine["event"];

/** Each of them may count for ever: which generations are good, failed, quarantined. There are one or two a deploy. */
const lasting: ReadonlySet<EventName> = new Set(["good", "failed", "refused", "released", "rolledBack"]);
/** A later `good` ends what they say. */
const untilGood: ReadonlySet<EventName> = new Set(["stoppedByHand", "startedByHand", "breakerOpened", "breakerClosed"]);

/**
 * A shorter ledger that says the same about now: `foldLedger` of both is equal. The newest `kept` lines stay whatever they are, for
 * whoever wants to read what happened.
 */
export function compactLedger(lines: readonly LedgerLine[], kept: number): readonly LedgerLine[] {
  const newest = Math.max(0, lines.length - kept);
  const lastGood = lines.findLastIndex(({ event }) => event === "good");
  const lastSettled = lines.findLastIndex(({ event }) => event === "good" || event === "rolledBack");
  return lines.filter(
    ({ event }, index) =>
      index >= newest || lasting.has(event) || (untilGood.has(event) && index > lastGood) || (event === "pending" && index > lastSettled),
  );
}
