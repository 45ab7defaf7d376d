import type { Ms } from "../../domain/words.ts";
import type { Segment } from "../../ports/telemetry.ts";

/** What lies in the spool, oldest segment first. The first `sentBytes` and `sentItems` of the oldest are delivered already. */
export type Spool = {
  readonly segments: readonly Segment[];
  readonly sentBytes: number;
  readonly sentItems: number;
  /** Segments from here on are ours to write to. An older one may end in a torn line, which would swallow the next. */
  readonly ownFrom: number;
  /** When the newest segment was begun, ms since 1970. */
  readonly begunAt: number;
  /** Never given to two segments, or a late removal could take the wrong one. */
  readonly nextId: number;
};

export type SpoolLimits = { readonly bytes: number; readonly keepMs: Ms };

/** A change of the bookkeeping, and the files that it leaves behind. */
export type Shrunk = { readonly spool: Spool; readonly removed: readonly number[]; readonly lost: number };

/** A segment goes as a whole, so it may be no more than an eighth of what is kept; a smaller file is quicker to read. */
function segmentLimits({ bytes, keepMs }: SpoolLimits): { readonly bytes: number; readonly ageMs: Ms } {
  return { bytes: Math.min(1024 * 1024, Math.floor(bytes / 8)), ageMs: keepMs / 8 };
}

/** What was found on the disk. Where the oldest segment was delivered up to is not known any more: it is sent again. */
export function openSpool(segments: readonly Segment[]): Spool {
  const nextId = (segments.at(-1)?.id ?? 0) + 1;
  return { segments, sentBytes: 0, sentItems: 0, ownFrom: nextId, begunAt: 0, nextId };
}

export function spooledItems({ segments, sentItems }: Spool): number {
  return segments.reduce((sum, { items }) => sum + items, 0) - sentItems;
}

export function spooledBytes({ segments }: Spool): number {
  return segments.reduce((sum, { bytes }) => sum + bytes, 0);
}

/** When the oldest segment is too old, ms since 1970; infinity when there is none. */
export function expiryOf({ segments: [oldest] }: Spool, { keepMs }: SpoolLimits): number {
  return oldest === undefined ? Number.POSITIVE_INFINITY : oldest.newestAt + keepMs + 1;
}

export type Place = { readonly id: number; readonly atByte: number; readonly room: number };

/** Where the next line goes: behind the newest segment, or into a new one when that is full or was begun long ago. */
export function placeOf(spool: Spool, limits: SpoolLimits, now: number): Place {
  const newest = spool.segments.at(-1);
  const most = segmentLimits(limits);
  const isOpen = newest !== undefined && newest.id >= spool.ownFrom && newest.bytes < most.bytes && now - spool.begunAt <= most.ageMs;
  if (!isOpen) return { id: spool.nextId, atByte: 0, room: most.bytes };
  return { id: newest.id, atByte: newest.bytes, room: most.bytes - newest.bytes };
}

/** Lines were written to their place. */
export function appended(spool: Spool, id: number, more: { readonly bytes: number; readonly items: number; readonly now: number }): Spool {
  const known = spool.segments.find((segment) => segment.id === id);
  const old = known ?? { bytes: 0, items: 0 };
  const segment: Segment = { id, bytes: old.bytes + more.bytes, items: old.items + more.items, newestAt: more.now };
  const others = spool.segments.filter((other) => other.id !== id);
  const begunAt = known === undefined ? more.now : spool.begunAt;
  return { ...spool, segments: [...others, segment], begunAt, nextId: Math.max(spool.nextId, id + 1) };
}

/** Drops the oldest until `more` bytes fit and nothing is too old. What is dropped and was not delivered is lost. */
export function shrink(spool: Spool, limits: SpoolLimits, now: number, more = 0): Shrunk {
  let { segments, sentBytes, sentItems } = spool;
  const removed: number[] = [];
  let lost = 0;
  let bytes = spooledBytes(spool);
  for (const { id, bytes: itsBytes, items, newestAt } of spool.segments) {
    if (bytes + more <= limits.bytes && now - newestAt <= limits.keepMs) break;
    removed.push(id);
    lost += items - sentItems;
    bytes -= itsBytes;
    segments = segments.slice(1);
    sentBytes = 0;
    sentItems = 0;
  }
  return { spool: { ...spool, segments, sentBytes, sentItems }, removed, lost };
}

/** The next bytes of the oldest segment are done with. A segment that is done with as a whole goes. */
export function advanced(spool: Spool, bytes: number, items: number): Shrunk {
  const [oldest, ...rest] = spool.segments;
  const sentBytes = spool.sentBytes + bytes;
  if (oldest === undefined || sentBytes < oldest.bytes)
    return { spool: { ...spool, sentBytes, sentItems: spool.sentItems + items }, removed: [], lost: 0 };
  return { spool: { ...spool, segments: rest, sentBytes: 0, sentItems: 0 }, removed: [oldest.id], lost: 0 };
}
