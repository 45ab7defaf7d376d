/** Reading nodes whose shape was checked before. */
import type { Place } from "../../domain/errors.ts";
import { type ComposeNode, entryOf, type MapNode } from "../node.ts";

/** A scalar as Compose hands it on: whole numbers as they were written, other numbers in their shortest form. */
export function textOf(node: ComposeNode | undefined): string {
  if (node?.kind !== "scalar" || node.value === null) return "";
  if (typeof node.value !== "number") return String(node.value);
  const digits = node.text.replaceAll("_", "");
  return /^-?(?:0|[1-9]\d*)$/u.test(digits) ? digits : String(node.value);
}

export function isOn(node: ComposeNode | undefined): boolean {
  return node?.kind === "scalar" && /^(?:true|yes|on|y|1)$/iu.test(String(node.value));
}

export function numberOf(node: ComposeNode | undefined): number {
  return Number(textOf(node));
}

/** The items of a list; a value that stands alone is a list of one, none is an empty one. */
export function itemsOf(node: ComposeNode | undefined): readonly ComposeNode[] {
  if (node === undefined || (node.kind === "scalar" && node.value === null)) return [];
  return node.kind === "list" ? node.items : [node];
}

export function textsOf(node: ComposeNode | undefined): readonly string[] {
  return itemsOf(node).map(textOf);
}

/** `value` is undefined where there is only a name. */
export type Assignment = { readonly name: string; readonly value: string | undefined; readonly place: Place };

/** `NAME=value` items, or a map of the same. */
export function assignmentsOf(node: ComposeNode | undefined, separator = "="): readonly Assignment[] {
  if (node?.kind === "map") {
    return node.entries.map(({ key, keyPlace, value }) => {
      const isBare = value.kind === "scalar" && value.value === null;
      return { name: key, value: isBare ? undefined : textOf(value), place: keyPlace };
    });
  }
  return itemsOf(node).map((item) => {
    const text = textOf(item);
    const at = text.indexOf(separator);
    return at < 0
      ? { name: text, value: undefined, place: item.place }
      : { name: text.slice(0, at), value: text.slice(at + 1), place: item.place };
  });
}

export function memberOf(node: ComposeNode | undefined, key: string): ComposeNode | undefined {
  return node?.kind === "map" ? entryOf(node, key)?.value : undefined;
}

/** The maps of a map by their names: the services of `services`. */
export function membersOf(node: ComposeNode | undefined): ReadonlyMap<string, { readonly value: ComposeNode; readonly place: Place }> {
  if (node?.kind !== "map") return new Map();
  return new Map(node.entries.map(({ key, keyPlace, value }) => [key, { value, place: keyPlace }]));
}

export const emptyMap: MapNode = { kind: "map", entries: [], place: { file: "" } };

export function isNull(node: ComposeNode | undefined): boolean {
  return node === undefined || (node.kind === "scalar" && node.value === null);
}
