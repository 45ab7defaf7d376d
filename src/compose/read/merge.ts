/** One tree over another, by the specification's rules for each key. */
import { type ComposeNode, type MapEntry, type MapNode, mapChildren } from "../node.ts";
import type { Rule } from "./merge-rules.ts";
import { specialMerges } from "./merge-special.ts";
import { type Pattern, patternBelow } from "./patterns.ts";
import type { Reading } from "./reading.ts";

export type Merge = (base: ComposeNode, over: ComposeNode, rules: Pattern<Rule> | undefined) => ComposeNode;

/**
 * What `over` says on top of `base`. The tags of `over` stay, so that the result can be merged onto something else in turn;
 * `withoutTags` ends that.
 */
export function mergeNodes(reading: Reading, base: MapNode, over: MapNode, rules: Pattern<Rule> | undefined): MapNode {
  const merge: Merge = (base, over, rules) => {
    if (over.tag !== undefined) return over;
    const special = rules?.value?.merge;
    if (special !== undefined) return specialMerges[special](base, over, rules, mergeWithin);
    return mergePlain(base, over, rules);
  };
  const mergePlain: Merge = (base, over, rules) => {
    if (over.kind === "scalar" && over.value === null) return base;
    if (base.kind === "scalar") return over;
    if (base.kind === "map" && over.kind === "map") return mergeMaps(base, over, rules, merge);
    if (base.kind === "list" && over.kind === "list") return { ...over, items: [...base.items, ...over.items] };
    const first = base.place.line === undefined ? base.place.file : `${base.place.file}:${base.place.line}`;
    reading.refuse(
      "compose-merge",
      `This is a ${words[over.kind]}, and what it is merged into is a ${words[base.kind]} (${first}).`,
      over.place,
    );
    return over;
  };
  const mergeWithin: Merge = (base, over, rules) => mergePlain(base, over, rules);
  return mergeMaps(base, over, rules, merge);
}

const words: Readonly<Record<ComposeNode["kind"], string>> = { scalar: "single value", list: "list", map: "map" };

function mergeMaps(base: MapNode, over: MapNode, rules: Pattern<Rule> | undefined, merge: Merge): MapNode {
  if (over.entries.length === 0) return base;
  const entries = new Map<string, MapEntry>(base.entries.map((entry) => [entry.key, entry]));
  for (const entry of over.entries) {
    const before = entries.get(entry.key);
    if (before === undefined) entries.set(entry.key, entry);
    else {
      const value = merge(before.value, entry.value, patternBelow(rules, entry.key));
      entries.set(entry.key, { key: entry.key, keyPlace: value === entry.value ? entry.keyPlace : before.keyPlace, value });
    }
  }
  return { ...over, entries: [...entries.values()] };
}

/** What is marked `!reset` is gone, and what is marked `!override` stands as it is. */
export function withoutTags<T extends ComposeNode>(node: T): T;
export function withoutTags(node: ComposeNode): ComposeNode {
  const { tag, ...bare } = node;
  return mapChildren(withoutReset(tag === undefined ? node : bare), withoutTags);
}

function withoutReset(node: ComposeNode): ComposeNode {
  const isKept = ({ tag }: ComposeNode): boolean => tag !== "reset";
  if (node.kind === "list" && !node.items.every(isKept)) return { ...node, items: node.items.filter(isKept) };
  if (node.kind === "map" && !node.entries.every(({ value }) => isKept(value)))
    return { ...node, entries: node.entries.filter(({ value }) => isKept(value)) };
  return node;
}
