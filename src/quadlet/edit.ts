/** Changed copies of a document. What is not named stays byte for byte as it was. */
import { PhoenixError } from "../domain/errors.ts";
import type { Entry, Pair, Section, UnitDocument } from "./document.ts";

/** The key has exactly this raw value afterwards: at its first line, else at the end of its section. */
export function withValue(document: UnitDocument, section: string, key: string, value: string): UnitDocument {
  return withValues(document, section, key, [value]);
}

/** The key has exactly these raw values afterwards, one a line; none removes it. */
export function withValues(document: UnitDocument, section: string, key: string, values: readonly string[]): UnitDocument {
  const pairs = values.map((value) => newPair(document.file, key, value));
  let placed = false;
  const sections = document.sections.map((one) => {
    if (one.name !== section) return one;
    const entries = one.entries.flatMap((entry): readonly Entry[] => {
      if (entry.kind !== "pair" || entry.key !== key) return [entry];
      if (placed) return [];
      placed = true;
      return pairs;
    });
    return { ...one, entries };
  });
  if (placed || pairs.length === 0) return { ...document, sections };
  return pairs.reduce((changed, pair) => appendTo(changed, section, [pair]), document);
}

export function withoutKey(document: UnitDocument, section: string, key: string): UnitDocument {
  return withValues(document, section, key, []);
}

/** Without a section, its entries and the comments directly above it. */
export function withoutSection(document: UnitDocument, section: string): UnitDocument {
  return { ...document, sections: document.sections.filter((one) => one.name !== section) };
}

/** One more `Key=value` line at the end of a section, which is made if need be. The value is raw: write it with `writeValue`. */
export function appendEntry(document: UnitDocument, section: string, key: string, value: string): UnitDocument {
  return appendTo(document, section, [newPair(document.file, key, value)]);
}

/** Folds a drop-in in as systemd and Quadlet do: each section's lines come after those that are there. */
export function mergeDropIn(document: UnitDocument, dropIn: UnitDocument): UnitDocument {
  return dropIn.sections.reduce((merged, one) => appendTo(merged, one.name, [...one.lead, ...one.entries]), document);
}

function appendTo(document: UnitDocument, section: string, entries: readonly Entry[]): UnitDocument {
  const last = document.sections.findLastIndex((one) => one.name === section);
  if (last < 0) {
    const gap: Entry[] = document.sections.length === 0 ? [] : [{ kind: "blank", raw: "\n", file: document.file, line: 0 }];
    const made: Section = { name: section, lead: [], entries, raw: `[${section}]\n`, file: document.file, line: 0 };
    return { ...document, sections: [...withTrailing(document.sections, gap), made] };
  }
  const sections = document.sections.map((one, index) => (index === last ? { ...one, entries: insertAtEnd(one.entries, entries) } : one));
  return { ...document, sections };
}

function withTrailing(sections: readonly Section[], entries: readonly Entry[]): readonly Section[] {
  return sections.map((one, index) => (index === sections.length - 1 ? { ...one, entries: [...one.entries, ...entries] } : one));
}

/** New lines stand before the blank lines that separate a section from the next. */
function insertAtEnd(entries: readonly Entry[], added: readonly Entry[]): readonly Entry[] {
  const end = entries.findLastIndex((entry) => entry.kind !== "blank") + 1;
  return [...entries.slice(0, end), ...added, ...entries.slice(end)];
}

/** A raw value that spans lines would become a line of its own, that is, another setting: nothing may do that, ever. */
function newPair(file: string, key: string, value: string): Pair {
  if (!/^[^\s=[\]#;][^=\n\r]*$/u.test(key) || /[\n\0]|\\$/u.test(value)) {
    throw new PhoenixError("unit-escape", `Cannot write ${JSON.stringify(key)}: its value does not fit on one line.`, { place: { file } });
  }
  return { kind: "pair", key, value, raw: `${key}=${value}\n`, file, line: 0 };
}
