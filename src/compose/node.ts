/** A Compose file as data, each value with the place a person wrote it at. */
import type { Place } from "../domain/errors.ts";

/** What `!reset` and `!override` ask of a merge. No node of a project that was read has one: the merge used it up. */
export type MergeTag = "reset" | "override";

/**
 * `text` is the value as written, after interpolation: what a number or a boolean looked like (`0440`, `1.10`).
 * A value that came from a variable is a string, whatever it looks like: who expects a number or a boolean converts `text`.
 * A whole number too large to be held exactly is a string of its digits.
 */
export type ScalarNode = {
  readonly kind: "scalar";
  readonly value: string | number | boolean | null;
  readonly text: string;
  readonly place: Place;
  readonly tag?: MergeTag;
};
export type ListNode = { readonly kind: "list"; readonly items: readonly ComposeNode[]; readonly place: Place; readonly tag?: MergeTag };
export type MapEntry = { readonly key: string; readonly keyPlace: Place; readonly value: ComposeNode };
export type MapNode = { readonly kind: "map"; readonly entries: readonly MapEntry[]; readonly place: Place; readonly tag?: MergeTag };
export type ComposeNode = ScalarNode | ListNode | MapNode;

/** The value below `path`, or undefined where there is none. */
export function nodeAt(root: ComposeNode, path: readonly (string | number)[]): ComposeNode | undefined {
  let node: ComposeNode | undefined = root;
  for (const step of path) {
    if (node?.kind === "map") node = entryOf(node, String(step))?.value;
    else if (node?.kind === "list" && typeof step === "number") node = node.items[step];
    else return undefined;
  }
  return node;
}

export function entryOf(map: MapNode, key: string): MapEntry | undefined {
  return map.entries.find((entry) => entry.key === key);
}

export function emptyMap(file: string): MapNode {
  return { kind: "map", entries: [], place: { file } };
}

/** The map with one key's value changed, added behind the others, or (undefined) left out. */
export function withKey(map: MapNode, key: string, value: ComposeNode | undefined): MapNode {
  const at = map.entries.findIndex((entry) => entry.key === key);
  const entries: MapEntry[] = [...map.entries];
  const before = map.entries[at];
  if (value === undefined) {
    if (before === undefined) return map;
    entries.splice(at, 1);
  } else if (before === undefined) entries.push({ key, keyPlace: value.place, value });
  else entries[at] = { ...before, value };
  return { ...map, entries };
}

/** The node with its children changed, or itself where none is: most of a file stays as it is, however often it is looked through. */
export function mapChildren(node: ComposeNode, change: (child: ComposeNode, key: string) => ComposeNode): ComposeNode {
  if (node.kind === "scalar") return node;
  let same = true;
  const changed = (child: ComposeNode, key: string): ComposeNode => {
    const value = change(child, key);
    same &&= value === child;
    return value;
  };
  if (node.kind === "list") {
    const items = node.items.map((item, at) => changed(item, String(at)));
    return same ? node : { ...node, items };
  }
  const entries = node.entries.map((entry) => {
    const value = changed(entry.value, entry.key);
    return value === entry.value ? entry : { ...entry, value };
  });
  return same ? node : { ...node, entries };
}

/** The value without places. Objects have no prototype, so that `__proto__` and the like are keys as all others. */
export function plain(node: ComposeNode): unknown {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(plain);
  const object: Record<string, unknown> = Object.create(null);
  for (const { key, value } of node.entries) object[key] = plain(value);
  return object;
}
