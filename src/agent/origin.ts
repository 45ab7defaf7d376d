import type { LedgerLine } from "../domain/ledger.ts";
import type { Ms } from "../domain/words.ts";
import type { Origin } from "./memory.ts";

/** How the current generation became current; `now` and `nowMs` are the same moment on both clocks. */
export function originOf(lines: readonly LedgerLine[], { now, nowMs }: { readonly now: number; readonly nowMs: Ms }): Origin {
  const settled = lines.findLast((line) => line.event === "good" || line.event === "rolledBack");
  const at = settled?.at ?? now;
  // A clock that was set back must not make a generation come from the future, and so be on probation for ever.
  const sinceMs = nowMs - Math.max(0, now - at);
  if (settled?.event === "rolledBack") return { from: settled.from, isGood: false, sinceMs };
  if (settled === undefined) return { from: 0, isGood: false, sinceMs };
  const pending = lines.slice(0, lines.lastIndexOf(settled)).findLast((line) => line.event === "pending");
  return { from: pending?.from ?? 0, isGood: true, sinceMs };
}
