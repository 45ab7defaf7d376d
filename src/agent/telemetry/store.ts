import type { Ms } from "../../domain/words.ts";
import type { Clock } from "../../ports/store.ts";
import type { SpoolFiles } from "../../ports/telemetry.ts";
import { type LineBatch, lineOf, readLines } from "./lines.ts";
import type { Queue } from "./queue.ts";
import {
  advanced,
  appended,
  expiryOf,
  openSpool,
  placeOf,
  type Shrunk,
  type SpoolLimits,
  shrink,
  spooledBytes,
  spooledItems,
} from "./spool.ts";

/** The spool's files and their bookkeeping. What touches the disk may fail, and then nothing that is still in memory is lost. */
export type Store = {
  readonly open: () => Promise<void>;
  /** Moves as many of the oldest items as fit into one file out of memory. Returns how many spooled ones were lost for it. */
  readonly keep: (queue: Queue) => Promise<number>;
  /** The next batch, undefined when there is none. It stays until it is `done`. */
  readonly next: (limit: number) => Promise<LineBatch | undefined>;
  readonly done: (batch: LineBatch) => Promise<void>;
  /** Drops what is too old. Returns how many were lost. */
  readonly expire: () => Promise<number>;
  /** Until there is something to `expire`. */
  readonly expiresInMs: () => Ms;
  readonly items: () => number;
  readonly bytes: () => number;
  readonly lost: () => number;
};

/** Of one body; what a sink takes at most is usually some MiB. */
const mostBytes = 512 * 1024;

export function openStore(files: SpoolFiles, limits: SpoolLimits, { now }: Pick<Clock, "now">): Store {
  let spool = openSpool([]);
  let isOpen = false;
  let lost = 0;

  /** Until it is known what lies there, nothing may be written: it could be overwritten. */
  const open = async (): Promise<void> => {
    if (isOpen) return;
    spool = openSpool(await files.list());
    isOpen = true;
  };
  /** Counted first: a file that cannot be removed is sent again by the next agent, no more. */
  const take = async (shrunk: Shrunk): Promise<number> => {
    spool = shrunk.spool;
    lost += shrunk.lost;
    for (const id of shrunk.removed) await files.remove(id);
    return shrunk.lost;
  };

  return {
    open,
    keep: async (queue) => {
      await open();
      const { room } = placeOf(spool, limits, now());
      const { text, items, bytes, mark } = pack(queue, room);
      const lostNow = await take(shrink(spool, limits, now(), bytes));
      const { id, atByte } = placeOf(spool, limits, now());
      await files.append(id, atByte, text);
      spool = appended(spool, id, { bytes, items, now: now() });
      queue.forget(mark);
      return lostNow;
    },
    next: async (limit) => {
      await open();
      const [oldest] = spool.segments;
      if (oldest === undefined) return undefined;
      const leftBytes = oldest.bytes - spool.sentBytes;
      const bytes = await files.read(oldest.id, spool.sentBytes, Math.min(mostBytes, leftBytes));
      if (bytes.length > 0) return readLines(bytes, limit);
      // Somebody removed or emptied it.
      const left = oldest.items - spool.sentItems;
      await take({ ...advanced(spool, leftBytes, left), lost: left });
      return undefined;
    },
    done: async ({ bytes, encoded, damaged }) => {
      await take({ ...advanced(spool, bytes, encoded.length + damaged), lost: damaged });
    },
    expire: async () => {
      const shrunk = shrink(spool, limits, now());
      return shrunk.removed.length === 0 ? 0 : await take(shrunk);
    },
    expiresInMs: () => expiryOf(spool, limits) - now(),
    items: () => spooledItems(spool),
    bytes: () => spooledBytes(spool),
    lost: () => lost,
  };
}

/** Lines of the oldest items, until the room is used up; at least one. */
function pack(
  queue: Queue,
  room: number,
): { readonly text: string; readonly items: number; readonly bytes: number; readonly mark: number } {
  const lines: string[] = [];
  let bytes = 0;
  for (const item of queue.head(queue.size()).items) {
    if (bytes >= room) break;
    const line = lineOf(item);
    lines.push(line);
    bytes += Buffer.byteLength(line);
  }
  return { text: lines.join(""), items: lines.length, bytes, mark: queue.head(lines.length).mark };
}
