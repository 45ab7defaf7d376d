/** The keys that merge in a way of their own. What has an unexpected form is left to the plain way. */
import { type ComposeNode, entryOf, type ListNode, type MapEntry, type MapNode, type ScalarNode } from "../node.ts";
import type { Merge } from "./merge.ts";
import type { MergeRule, Rule } from "./merge-rules.ts";
import type { Pattern } from "./patterns.ts";

type Special = (base: ComposeNode, over: ComposeNode, rules: Pattern<Rule> | undefined, plainly: Merge) => ComposeNode;

export const specialMerges: Readonly<Record<MergeRule, Special>> = {
  replace: (_, over) => over,
  pairs: (base, over, rules, plainly) =>
    base.kind === over.kind ? plainly(base, over, rules) : plainly(pairsAsMap(base), pairsAsMap(over), rules),
  list: (base, over, rules, plainly) => plainly(asList(base), asList(over), rules),
  hosts: (base, over, rules, plainly) => {
    const [before, after] = [hostsAsList(base), hostsAsList(over)];
    if (before.kind !== "list" || after.kind !== "list") return plainly(before, after, rules);
    const known = new Set(before.items.map(textOf));
    return { ...after, items: [...before.items, ...after.items.filter((item) => !known.has(textOf(item)))] };
  },
  build: (base, over, rules, plainly) => plainly(buildAsMap(base), buildAsMap(over), rules),
  names: (base, over, rules, plainly) => plainly(namesAsMap(base, nothing), namesAsMap(over, nothing), rules),
  dependencies: (base, over, rules, plainly) => plainly(namesAsMap(base, started), namesAsMap(over, started), rules),
  // The options of one driver mean nothing to another.
  logging: (base, over, rules, plainly) => {
    const [before, after] = [field(base, "driver"), field(over, "driver")];
    return before === undefined || after === undefined || before === after ? plainly(base, over, rules) : over;
  },
  // The later list counts; a pool that has the subnet of an earlier one is merged into it.
  pools: (base, over, rules, plainly) => {
    if (base.kind !== "list" || over.kind !== "list") return plainly(base, over, rules);
    const sameAs = (pool: ComposeNode): ComposeNode | undefined =>
      base.items.find((earlier) => field(earlier, "subnet") !== undefined && field(earlier, "subnet") === field(pool, "subnet"));
    return {
      ...over,
      items: over.items.map((pool) => {
        const earlier = sameAs(pool);
        return earlier === undefined ? pool : plainly(earlier, pool, undefined);
      }),
    };
  },
};

function textOf(node: ComposeNode): string | undefined {
  return node.kind === "scalar" ? node.text : undefined;
}

function field(node: ComposeNode, key: string): string | undefined {
  const value = node.kind === "map" ? entryOf(node, key)?.value : undefined;
  return value === undefined ? undefined : textOf(value);
}

function scalar(text: string | boolean | null, { place }: ComposeNode): ScalarNode {
  return { kind: "scalar", value: text, text: String(text ?? ""), place };
}

function nothing(at: ComposeNode): ScalarNode {
  return scalar(null, at);
}

function isNull(node: ComposeNode): boolean {
  return node.kind === "scalar" && node.value === null;
}

/** What a name in a list of dependencies means. */
function started(at: ComposeNode): MapNode {
  const entry = (key: string, value: string | boolean): MapEntry => ({ key, keyPlace: at.place, value: scalar(value, at) });
  return { kind: "map", place: at.place, entries: [entry("condition", "service_started"), entry("required", true)] };
}

function asMap(list: ListNode, entryOf: (text: string, item: ComposeNode) => readonly [key: string, value: ComposeNode]): MapNode {
  const entries = new Map<string, MapEntry>();
  for (const item of list.items) {
    const [key, value] = entryOf(textOf(item) ?? "", item);
    entries.set(key, { key, keyPlace: item.place, value });
  }
  return { kind: "map", place: list.place, entries: [...entries.values()] };
}

function isTexts(node: ComposeNode): node is ListNode {
  return node.kind === "list" && node.items.every((item) => item.kind === "scalar");
}

function pairsAsMap(node: ComposeNode): ComposeNode {
  if (!isTexts(node)) return node;
  return asMap(node, (text, item) => {
    const equals = text.indexOf("=");
    return equals === -1 ? [text, nothing(item)] : [text.slice(0, equals), scalar(text.slice(equals + 1), item)];
  });
}

function namesAsMap(node: ComposeNode, meaning: (at: ComposeNode) => ComposeNode): ComposeNode {
  return isTexts(node) ? asMap(node, (text, item) => [text, meaning(item)]) : node;
}

function asList(node: ComposeNode): ComposeNode {
  return node.kind === "scalar" && !isNull(node) ? { kind: "list", items: [node], place: node.place } : node;
}

/** A host may have several addresses, so a map cannot hold the result. */
function hostsAsList(node: ComposeNode): ComposeNode {
  if (node.kind !== "map") return node;
  const items = node.entries.flatMap(({ key, value }) =>
    (value.kind === "list" ? value.items : [value]).map((address) => scalar(`${key}=${textOf(address) ?? ""}`, address)),
  );
  return { kind: "list", items, place: node.place };
}

function buildAsMap(node: ComposeNode): ComposeNode {
  if (node.kind !== "scalar" || isNull(node)) return node;
  return { kind: "map", place: node.place, entries: [{ key: "context", keyPlace: node.place, value: node }] };
}
