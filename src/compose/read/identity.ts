/** By what two items of a list are the same thing; undefined where an item cannot be read so, and then it stays. */
import { type ComposeNode, entryOf, type MapNode, mapChildren } from "../node.ts";
import type { Identity, Rule } from "./merge-rules.ts";
import { type Pattern, patternBelow } from "./patterns.ts";

const identities: Readonly<Record<Identity, (item: ComposeNode) => string | undefined>> = {
  text: textOf,
  pair: (item) => textOf(item)?.split("=", 1)[0],
  port: (item) => (item.kind === "map" ? longPort(item) : shortPort(textOf(item))),
  mount: targetOf,
  device: targetOf,
  config: (item) => target(item) ?? prefixed("/", item),
  secret: (item) => target(item) ?? prefixed("/run/secrets/", item),
  envFile: (item) => textOf(item) ?? field(item, "path"),
};

/** The tree with each list that the rules name holding each thing once, the later one in the earlier one's place. */
export function uniqueItems<T extends ComposeNode>(node: T, rules: Pattern<Rule> | undefined): T;
export function uniqueItems(node: ComposeNode, rules: Pattern<Rule> | undefined): ComposeNode {
  if (rules === undefined || node.kind === "scalar") return node;
  if (node.kind === "map") return mapChildren(node, (child, key) => uniqueItems(child, patternBelow(rules, key)));
  const once = rules.value?.once;
  if (once === undefined) return node;
  const kept = new Map<string | ComposeNode, ComposeNode>();
  for (const item of node.items) kept.set(identities[once](item) ?? item, item);
  return kept.size === node.items.length ? node : { ...node, items: [...kept.values()] };
}

function textOf(item: ComposeNode): string | undefined {
  return item.kind === "scalar" ? item.text : undefined;
}

function field(item: ComposeNode, key: string): string | undefined {
  const value = item.kind === "map" ? entryOf(item, key)?.value : undefined;
  return value === undefined ? undefined : textOf(value);
}

function targetOf(item: ComposeNode): string | undefined {
  return target(item) ?? shortTarget(textOf(item));
}

function target(item: ComposeNode): string | undefined {
  return field(item, "target");
}

function prefixed(folder: string, item: ComposeNode): string | undefined {
  const source = textOf(item) ?? field(item, "source");
  return source === undefined ? undefined : folder + source;
}

/** `source:target:mode`, or the target alone. */
function shortTarget(text: string | undefined): string | undefined {
  const parts = text?.split(":");
  return parts?.[1] ?? parts?.[0];
}

function longPort(item: MapNode): string {
  const part = (key: string, otherwise: string): string => field(item, key) ?? otherwise;
  return `${part("host_ip", "0.0.0.0")}:${part("published", "")}:${part("target", "")}/${part("protocol", "tcp")}`;
}

function shortPort(text: string | undefined): string | undefined {
  const {
    host,
    published = "",
    container,
    protocol = "tcp",
  } = /^(?:(?:(?<host>\[[^\]]*\]|[^:]*):)?(?<published>[^:]*):)?(?<container>[^:/]+)(?:\/(?<protocol>\w+))?$/u.exec(text ?? "")?.groups ??
  {};
  if (container === undefined) return text;
  return `${host?.replace(/^\[(.*)\]$/u, "$1") || "0.0.0.0"}:${published}:${container}/${protocol}`;
}
