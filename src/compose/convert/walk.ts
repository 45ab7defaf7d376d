/** Goes through a map with the key table: each key is checked, told where that is due, and converted. */
import type { Place } from "../../domain/errors.ts";
import { rowOf } from "../../domain/table.ts";
import { nearest } from "../../quadlet/nearest.ts";
import { type ComposeNode, type MapNode, nodeAt, plain } from "../node.ts";
import { type Notes, refuse, tell } from "./notes.ts";
import type { KeyRow, KeyTable } from "./row.ts";
import * as shapes from "./shapes.ts";

export function walkKeys<Target>(map: ComposeNode, table: KeyTable<Target>, target: Target, path: string, notes: Notes): void {
  if (map.kind !== "map") return;
  for (const { key, keyPlace, value } of map.entries) {
    const own = path === "" ? key : `${path}.${key}`;
    const row = rowOf(table, key);
    if (row !== undefined) walkKey({ row, value, path: own, place: keyPlace, target, notes });
    else if (!key.startsWith("x-")) refuseKey(notes, own, key, keyPlace, Object.keys(table));
  }
}

type Visit<Target> = {
  readonly row: KeyRow<Target>;
  readonly value: ComposeNode;
  readonly path: string;
  readonly place: Place;
  readonly target: Target;
  readonly notes: Notes;
};

function walkKey<Target>({ row, value, path, place, target, notes }: Visit<Target>): void {
  if (saysNothing(row, value) || !isShaped(row, value, path, notes)) return;
  if (row.verdict !== "carried")
    tell(notes, { verdict: row.verdict, key: path, place, message: sentenceOf(row.what), remedy: row.remedy ?? "" });
  const before = notes.issues.length;
  // The keys inside are checked first, so that whoever converts the whole can rely on them.
  if (row.keys !== undefined) walkKeys(value, row.keys, target, path, notes);
  for (const { path: name, value: one } of row.items === undefined ? [] : itemsIn(value))
    walkKeys(one, row.items ?? {}, target, `${path}${name}`, notes);
  for (const { key, value: one } of row.each === undefined ? [] : entriesIn(value))
    walkKeys(one, row.each ?? {}, target, `${path}.${key}`, notes);
  if (notes.issues.slice(before).some(({ severity, code }) => severity === "error" && code === "compose-value")) return;
  row.convert?.(value, target, path);
}

/** For Compose an empty text, which an unset variable leaves, is a key that was not written. */
function saysNothing<Target>({ shape }: KeyRow<Target>, value: ComposeNode): boolean {
  return shape === shapes.filled && value.kind === "scalar" && value.text === "";
}

/** The words of the table as a sentence of the report. */
function sentenceOf(what: string): string {
  const sentence = what.startsWith("`") ? `It becomes ${what}` : what;
  return sentence.endsWith(".") ? sentence : `${sentence}.`;
}

function isShaped<Target>(row: KeyRow<Target>, value: ComposeNode, path: string, notes: Notes): boolean {
  const shape =
    row.shape ?? (row.keys !== undefined || row.each !== undefined ? shapes.map : row.items !== undefined ? shapes.maps : undefined);
  if (shape === undefined) return true;
  const parsed = shape.safeParse(plain(value));
  for (const issue of parsed.error?.issues ?? []) {
    const inside = issue.path.filter((step): step is string | number => typeof step !== "symbol");
    const name = inside.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("");
    refuse(notes, `${path}${name}`, (nodeAt(value, inside) ?? value).place, issue.message);
  }
  return parsed.success;
}

function itemsIn(value: ComposeNode): readonly { readonly path: string; readonly value: ComposeNode }[] {
  return value.kind === "list" ? value.items.map((one, index) => ({ path: `[${index}]`, value: one })) : [];
}

function entriesIn(value: ComposeNode): MapNode["entries"] {
  return value.kind === "map" ? value.entries : [];
}

function refuseKey(notes: Notes, path: string, key: string, place: Place, known: readonly string[]): void {
  const near = nearest(key, known);
  refuse(notes, path, place, `the Compose Specification has no such key${near === undefined ? "" : `; did you mean ${near}?`}`);
}
