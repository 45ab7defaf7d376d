import type { Item, ItemKind } from "./item.ts";

/** Items that are in memory only, oldest first, and never more than `most`. */
export type Queue = {
  readonly size: () => number;
  /** False = the oldest had to go to make room. */
  readonly put: (item: Item) => boolean;
  /** The oldest items of one kind, at most `limit`, and the mark behind them. They stay until the mark is reached. */
  readonly run: (limit: number) => { readonly kind: ItemKind; readonly items: readonly Item[]; readonly mark: number } | undefined;
  /** The oldest items, whatever they are. */
  readonly head: (limit: number) => { readonly items: readonly Item[]; readonly mark: number };
  /** Forgets everything before the mark. */
  readonly forget: (mark: number) => void;
  /** The mark behind the newest item. */
  readonly end: () => number;
  readonly lost: () => number;
};

export function openQueue(most: number): Queue {
  /** Items dropped in one go when it is full: one at a time would move all the others each time. */
  const bulk = Math.max(1, Math.floor(most / 10));
  let items: Item[] = [];
  /** How many items left the queue since it was opened. Marks count in this. */
  let gone = 0;
  let lost = 0;
  const head = (count: number) => ({ items: items.slice(0, count), mark: gone + Math.min(count, items.length) });
  return {
    size: () => items.length,
    put: (item) => {
      const isFull = items.length >= most;
      if (isFull) {
        items = items.slice(bulk);
        gone += bulk;
        lost += bulk;
      }
      items.push(item);
      return !isFull;
    },
    head,
    run: (limit) => {
      const kind = items[0]?.kind;
      if (kind === undefined) return undefined;
      const other = items.findIndex((item) => item.kind !== kind);
      return { kind, ...head(Math.min(limit, other === -1 ? items.length : other)) };
    },
    forget: (mark) => {
      const count = Math.max(0, mark - gone);
      items = items.slice(count);
      gone += count;
    },
    end: () => gone + items.length,
    lost: () => lost,
  };
}
