/** A unit that is being written: lines of sections, put in order at the end. */
import { type Issue, type Place, showPlace } from "../../domain/errors.ts";
import type { Entry, Section, UnitDocument } from "../../quadlet/document.ts";
import { writeValue } from "../../quadlet/escape.ts";
import { keyRow } from "../../quadlet/keys.ts";
import { typeSection, type UnitType } from "../../quadlet/names.ts";
import { isAtLeast } from "../../quadlet/versions.ts";
import { type Notes, refuse } from "./notes.ts";
import { rankOf, sectionOrder } from "./order.ts";

export type Line = { readonly section: string; readonly key: string; readonly raw: string; readonly place: Place };

export type UnitDraft = {
  readonly type: UnitType;
  /** Without its extension: `shop-web`. */
  readonly name: string;
  /** Where the thing it was made of stands. */
  readonly place: Place;
  readonly lines: Line[];
};

/** The oldest Podman that Phoenix runs with: a key that it lacks is written as an argument. */
const oldestPodman = "5.3";

export function fileOf(unit: UnitDraft): string {
  return `${unit.name}.${unit.type}`;
}

/** Where a value comes from, as a person names it. */
export type Source = { readonly path: string; readonly place: Place };

/**
 * `Key=value` in the unit's own section, from a literal value: guarded so that it means itself. What the key cannot carry goes to
 * `PodmanArgs=`, which can quote; what that cannot carry either is refused.
 */
export function put(unit: UnitDraft, key: string, value: string | readonly string[], from: Source, notes: Notes): void {
  const row = keyRow(unit.type, key);
  const isKnown = row !== undefined && isAtLeast(oldestPodman, row.since);
  const written = isKnown ? writeValue(unit.type, key, value) : undefined;
  if (written !== undefined && "text" in written) {
    const other = row?.repeatable === false ? unit.lines.find((line) => line.key === key && line.raw !== written.text) : undefined;
    if (other === undefined) putRaw(unit, key, written.text, from.place);
    else refuse(notes, from.path, from.place, `${key}= is said otherwise in ${showPlace(other.place)}`);
    return;
  }
  const words = asArguments(row?.argument, typeof value === "string" ? [value] : value);
  if (words !== undefined) {
    putArguments(unit, words, from, notes);
    return;
  }
  refuseIssue(written?.issue, from, notes);
}

/** Words for `podman run` and its like that no key stands for. */
export function putArguments(unit: UnitDraft, words: readonly string[], from: Source, notes: Notes): void {
  const written = writeValue(unit.type, "PodmanArgs", words);
  if ("text" in written) putRaw(unit, "PodmanArgs", written.text, from.place);
  else refuseIssue(written.issue, from, notes);
}

/** Without the value itself, which may be a secret. */
function refuseIssue(issue: Issue | undefined, { path, place }: Source, notes: Notes): void {
  const because = (issue?.message ?? "no unit can say it").replace(/ cannot carry ".*": /su, " cannot carry it: ");
  refuse(notes, path, place, because.replace(/\.$/u, ""));
}

/** A line of the unit's own section as it shall stand there. What is said twice is written once. */
export function putRaw(unit: UnitDraft, key: string, raw: string, place: Place): void {
  putInto(unit, typeSection(unit.type), key, raw, place);
}

/** A line of another section. Such values are ours, or were checked for line breaks. */
export function putInto(unit: UnitDraft, section: string, key: string, raw: string, place: Place): void {
  const isThere = unit.lines.some((line) => line.section === section && line.key === key && line.raw === raw);
  if (!isThere) unit.lines.push({ section, key, raw, place });
}

/** Each value as one word, `--flag=value`, or undefined where the argument of a key is of another form. */
function asArguments(argument: string | undefined, values: readonly string[]): readonly string[] | undefined {
  const [flag = "", value, ...more] = (argument ?? "").replace(/^-v /u, "--volume ").split(" ");
  if (!flag.startsWith("--") || more.length > 0) return undefined;
  const form = value === undefined ? flag : `${flag}=${value}`;
  return form.includes("*") ? values.map((one) => form.replace("*", () => one)) : undefined;
}

/** The document. A comment tells where it comes from; a line from another file has one of its own. */
export function toDocument(unit: UnitDraft): UnitDocument {
  const file = fileOf(unit);
  const names = [...new Set(unit.lines.map((line) => line.section))].sort((a, b) => sectionOrder.indexOf(a) - sectionOrder.indexOf(b));
  const sections = names.map((name, index): Section => {
    const lines = unit.lines.filter((line) => line.section === name);
    const sorted = lines.toSorted((a, b) => rankOf(name, a.key) - rankOf(name, b.key));
    const { file: from, line = 0 } = sorted[0]?.place ?? unit.place;
    const gap: readonly Entry[] = index === names.length - 1 ? [] : [{ kind: "blank", raw: "\n", ...spot(unit.place) }];
    return { name, lead: [], raw: `[${name}]\n`, file: from, line, entries: [...entriesOf(sorted, unit.place.file), ...gap] };
  });
  return { file, preamble: [comment(unit.place)], sections };
}

function entriesOf(lines: readonly Line[], mainFile: string): readonly Entry[] {
  let shown = mainFile;
  return lines.flatMap(({ key, raw, place }): readonly Entry[] => {
    const entry: Entry = { kind: "pair", key, value: raw, raw: `${key}=${raw}\n`, ...spot(place) };
    const isElsewhere = place.file !== shown;
    shown = place.file;
    return isElsewhere ? [comment(place), entry] : [entry];
  });
}

function comment(place: Place): Entry {
  const { file, line } = spot(place);
  const name = file.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, "?");
  return { kind: "comment", raw: `# ${name}${line === 0 ? "" : `:${line}`}\n`, file, line };
}

function spot({ file, line = 0 }: Place): { readonly file: string; readonly line: number } {
  return { file, line };
}
