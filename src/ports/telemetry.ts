import type { Ms } from "../domain/words.ts";

/** What became of one batch. */
export type SinkAnswer =
  /** It is the sink's now; of its items it did not want `rejected`, `because` is its first reason. */
  | { readonly kind: "taken"; readonly rejected: number; readonly because: string }
  /** Nobody answers, or it cannot just now: the same again later. */
  | { readonly kind: "away"; readonly because: string; readonly retryAfterMs?: Ms }
  /** It would take the batch, but not from us as we are configured (token, address): kept until somebody corrects that. */
  | { readonly kind: "denied"; readonly because: string }
  /** It will never take this batch. `divisible`: fewer items of it may well be taken. */
  | { readonly kind: "refused"; readonly because: string; readonly divisible: boolean };

/** Where samples and events go. */
export type Sink = {
  /** Posts one JSON text to a path below the sink's address. Has a deadline of its own and never throws. */
  readonly post: (path: string, body: string, stopping: AbortSignal) => Promise<SinkAnswer>;
};

/** One file of the spool. */
export type Segment = {
  /** They grow; the lowest is the oldest. */
  readonly id: number;
  readonly bytes: number;
  readonly items: number;
  /** When its newest line was written, ms since 1970. */
  readonly newestAt: number;
};

/** The files that keep what the sink has not taken yet. Every verb fails with a PhoenixError. */
export type SpoolFiles = {
  /** Oldest first. */
  readonly list: () => Promise<readonly Segment[]>;
  /** Whatever stands behind `atByte` (the rest of a write that failed) is overwritten. */
  readonly append: (id: number, atByte: number, text: string) => Promise<void>;
  readonly read: (id: number, fromByte: number, mostBytes: number) => Promise<Buffer>;
  readonly remove: (id: number) => Promise<void>;
};
