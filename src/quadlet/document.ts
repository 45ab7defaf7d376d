/**
 * The unit document: what a Quadlet or systemd unit file says, without losing how it says it. Every piece keeps its raw text with
 * the line ending, so writing a document back gives the same bytes, and every piece remembers the file and line it came from, also
 * after a drop-in was folded in.
 */

export { appendEntry, mergeDropIn, withoutKey, withoutSection, withValue, withValues } from "./edit.ts";
export { parseUnitFileName, type UnitFileName, type UnitType } from "./names.ts";

type Origin = { readonly raw: string; readonly file: string; readonly line: number };

/** `Key=value`; the value has its continuation lines joined and the space around it removed, and nothing else done to it. */
export type Pair = Origin & { readonly kind: "pair"; readonly key: string; readonly value: string };

/** A line that says nothing, or (`broken`) one that is no unit syntax; parsing reported it. */
export type Filler = Origin & { readonly kind: "comment" | "blank" | "broken" };

export type Entry = Pair | Filler;

export type Section = Origin & {
  readonly name: string;
  /** Comments directly above the header, which belong to it. */
  readonly lead: readonly Filler[];
  readonly entries: readonly Entry[];
};

export type UnitDocument = {
  readonly file: string;
  /** What stands above the first section. */
  readonly preamble: readonly Entry[];
  /** In the order of the file. A name may come twice; its entries count as one list, as for systemd. */
  readonly sections: readonly Section[];
};

export function emptyDocument(file: string): UnitDocument {
  return { file, preamble: [], sections: [] };
}

export function isPair(entry: Entry): entry is Pair {
  return entry.kind === "pair";
}

export function hasSection(document: UnitDocument, section: string): boolean {
  return document.sections.some((one) => one.name === section);
}

/** Every `Key=value` line of a section in order, resets included. */
export function sectionPairs(document: UnitDocument, section: string): readonly Pair[] {
  return document.sections.filter((one) => one.name === section).flatMap((one) => one.entries.filter(isPair));
}

/** The lines of a key that count: an empty assignment clears all before it. */
export function lookupPairs(document: UnitDocument, section: string, key: string): readonly Pair[] {
  const pairs = sectionPairs(document, section).filter((pair) => pair.key === key);
  return pairs.slice(pairs.findLastIndex((pair) => pair.value === "") + 1);
}

/** The raw values of a repeatable key. */
export function lookupAll(document: UnitDocument, section: string, key: string): readonly string[] {
  return lookupPairs(document, section, key).map((pair) => pair.value);
}

/** The raw value of a key that counts once: the last line wins, an empty one unsets. */
export function lookupLast(document: UnitDocument, section: string, key: string): string | undefined {
  return lookupPairs(document, section, key).at(-1)?.value;
}
