/** Names without a value in `environment` and `build.args`: they take the value that the variable of this name has. */
import { type ComposeNode, entryOf, type MapNode, type ScalarNode, withKey } from "../node.ts";
import type { Reading } from "./reading.ts";
import type { Variables } from "./variables.ts";

/** A name that no variable has stays as it is. */
export function withPassedThrough(reading: Reading, root: MapNode, variables: Variables): MapNode {
  const fill = (node: ScalarNode, name: string, text: (value: string) => string): ScalarNode => {
    const variable = variables.get(name);
    reading.variables.push({ name, from: variable?.from ?? "unset", place: node.place });
    if (variable === undefined || !reading.insert(variable.value.length, node.place)) return node;
    return { ...node, value: text(variable.value), text: text(variable.value) };
  };
  const filled = (node: ComposeNode | undefined): ComposeNode | undefined => {
    if (node?.kind === "list") return { ...node, items: node.items.map((item) => filledItem(item, fill)) };
    if (node?.kind !== "map") return node;
    const isBare = (value: ComposeNode): value is ScalarNode => value.kind === "scalar" && value.value === null;
    return {
      ...node,
      entries: node.entries.map((entry) =>
        isBare(entry.value) ? { ...entry, value: fill(entry.value, entry.key, (value) => value) } : entry,
      ),
    };
  };
  const services = entryOf(root, "services")?.value;
  if (services?.kind !== "map") return root;
  const entries = services.entries.map((entry) => {
    if (entry.value.kind !== "map") return entry;
    const service = change(entry.value, "environment", filled);
    return { ...entry, value: change(service, "build", (build) => (build?.kind === "map" ? change(build, "args", filled) : build)) };
  });
  return withKey(root, "services", { ...services, entries });
}

type Fill = (node: ScalarNode, name: string, text: (value: string) => string) => ScalarNode;

function filledItem(item: ComposeNode, fill: Fill): ComposeNode {
  if (item.kind !== "scalar" || item.text === "" || item.text.includes("=")) return item;
  return fill(item, item.text, (value) => `${item.text}=${value}`);
}

function change(map: MapNode, key: string, to: (value: ComposeNode | undefined) => ComposeNode | undefined): MapNode {
  const before = entryOf(map, key)?.value;
  return before === undefined ? map : withKey(map, key, to(before));
}
