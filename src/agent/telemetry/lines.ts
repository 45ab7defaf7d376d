import { encodeItem, type Item, type ItemKind } from "./item.ts";

/** A spooled item: one letter for its kind, its JSON, the end of the line. */
const letters = { sample: "s", event: "e" } as const satisfies Record<ItemKind, string>;
const kinds: Readonly<Record<string, ItemKind>> = { s: "sample", e: "event" };
const lineFeed = 10;

export function lineOf(item: Item): string {
  return `${letters[item.kind]}${encodeItem(item)}\n`;
}

/** The next batch of a spool file. `bytes` and `lines` are what it takes of the file, damaged lines included. */
export type LineBatch = {
  readonly kind: ItemKind;
  readonly encoded: readonly string[];
  readonly bytes: number;
  readonly damaged: number;
};

/**
 * Reads lines of one kind from the beginning of the bytes, at most `limit`. A line that is none of ours (the end of a write that a power
 * cut tore) is taken along and left out: it would spoil the whole batch.
 */
export function readLines(bytes: Buffer, limit: number): LineBatch {
  const encoded: string[] = [];
  let kind: ItemKind | undefined;
  let at = 0;
  let damaged = 0;
  while (encoded.length < limit) {
    const end = bytes.indexOf(lineFeed, at);
    if (end === -1) break;
    const line = bytes.toString("utf8", at, end);
    const found = kinds[line.slice(0, 1)];
    const json = line.slice(1);
    if (found === undefined || !isJsonObject(json)) damaged += 1;
    else if (found === (kind ?? found)) {
      kind = found;
      encoded.push(json);
    } else break;
    at = end + 1;
  }
  // Not one whole line: a torn one at the end of the file.
  if (at === 0 && bytes.length > 0) return { kind: "sample", encoded, bytes: bytes.length, damaged: 1 };
  return { kind: kind ?? "sample", encoded, bytes: at, damaged };
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}
