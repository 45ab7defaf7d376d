import type { Ms } from "../../domain/words.ts";

/** What there is to do. All times monotonic. */
export type Situation = {
  /** Items in memory. */
  readonly waiting: number;
  /** The oldest of them came no earlier. */
  readonly sinceMs: Ms;
  /** They are being handed over already. */
  readonly isFlushing: boolean;
  /** Older items lie in the spool. */
  readonly isSpooled: boolean;
  /** The sink is not asked before this. */
  readonly retryAtMs: Ms;
  /** The spool is not touched before this. */
  readonly diskAtMs: Ms;
};

export type Act =
  /** Memory goes to the sink, without touching the disk. */
  | { readonly kind: "post-memory" }
  /** Memory goes behind what is spooled. */
  | { readonly kind: "spool" }
  | { readonly kind: "post-spool" }
  | { readonly kind: "wait"; readonly untilMs: Ms };

/** How long after its time an item may still be in memory only: a sink that is slow must not make a crash cost more. */
export const lateMs: Ms = 10_000;

/** The next thing to do. What is older always goes first: with anything in the spool, memory goes behind it. */
export function nextAct(
  { waiting, sinceMs, isFlushing, isSpooled, retryAtMs, diskAtMs }: Situation,
  { intervalMs, batch }: { readonly intervalMs: Ms; readonly batch: number },
  nowMs: Ms,
): Act {
  const flushAtMs = waiting === 0 ? Number.POSITIVE_INFINITY : isFlushing || waiting >= batch ? nowMs : sinceMs + intervalMs;
  const isDue = flushAtMs <= nowMs;
  const isLate = nowMs - sinceMs >= intervalMs + lateMs;
  const [isSinkDue, isDiskDue] = [retryAtMs <= nowMs, diskAtMs <= nowMs];
  if (isDue && isSinkDue && !isSpooled && !(isLate && isDiskDue)) return { kind: "post-memory" };
  if (isDue && isDiskDue) return { kind: "spool" };
  if (isSpooled && isSinkDue && isDiskDue) return { kind: "post-spool" };
  const sinkAtMs = isSpooled ? Math.max(retryAtMs, diskAtMs) : isDue ? retryAtMs : Number.POSITIVE_INFINITY;
  return { kind: "wait", untilMs: Math.min(sinkAtMs, isDue ? diskAtMs : flushAtMs) };
}
