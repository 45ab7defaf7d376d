/** Relative paths of a file from another folder, rewritten so that they count from the project folder. */
import { posix } from "node:path";
import { type ComposeNode, entryOf, type MapNode, mapChildren } from "../node.ts";
import { compilePatterns, type Pattern, patternBelow } from "./patterns.ts";

type Kind = "path" | "context" | "namedContext" | "mount" | "driver";

const pathKeys = compilePatterns<Kind>({
  "services.*.build": "context",
  "services.*.build.context": "context",
  "services.*.build.additional_contexts.*": "namedContext",
  "services.*.develop.watch.*.path": "path",
  "services.*.env_file": "path",
  "services.*.env_file.*": "path",
  "services.*.env_file.*.path": "path",
  "services.*.label_file": "path",
  "services.*.label_file.*": "path",
  "services.*.volumes.*": "mount",
  "configs.*.file": "path",
  "secrets.*.file": "path",
  "volumes.*": "driver",
});

type Rebase = (path: string) => string;

/** `from` is the folder that the paths of `root` count from; both are absolute. */
export function rebasePaths(root: MapNode, from: string, folder: string): MapNode {
  if (from === folder) return root;
  const walked = walk(root, pathKeys, (path) => rebase(path, from, folder), false);
  return walked.kind === "map" ? walked : root;
}

function rebase(path: string, from: string, folder: string): string {
  if (path === "" || path.startsWith("/") || path.startsWith("~")) return path;
  const relative = posix.relative(folder, posix.join(from, path));
  if (relative === "") return ".";
  return relative === ".." || relative.startsWith("../") ? relative : `./${relative}`;
}

function walk(node: ComposeNode, keys: Pattern<Kind> | undefined, rebase: Rebase, inList: boolean): ComposeNode {
  if (keys === undefined) return node;
  const changed = keys.value === undefined ? node : changes[keys.value](node, rebase, inList);
  if (changed !== node || node.kind === "scalar" || keys.children.size === 0) return changed;
  return mapChildren(node, (child, key) => walk(child, patternBelow(keys, key), rebase, node.kind === "list"));
}

const changes: Readonly<Record<Kind, (node: ComposeNode, rebase: Rebase, inList: boolean) => ComposeNode>> = {
  path: (node, rebase) => withText(node, rebase),
  context: (node, rebase) => withText(node, (text) => context(text, rebase)),
  // In a list: `name=context`.
  namedContext: (node, rebase, inList) =>
    withText(node, (text) => {
      const start = inList ? text.indexOf("=") + 1 : 0;
      return text.slice(0, start) + context(text.slice(start), rebase);
    }),
  // The short form: a source that is no path names a volume.
  mount: (node, rebase) => {
    if (node.kind === "map") return textAt(node, "type") === "bind" ? withField(node, "source", rebase) : node;
    return withText(node, (text) => {
      const [source = "", ...rest] = text.split(":");
      return source.startsWith(".") && rest.length > 0 ? [rebase(source), ...rest].join(":") : text;
    });
  },
  // A volume of the local driver can be a bind mount too.
  driver: (node, rebase) => {
    const options = node.kind === "map" ? entryOf(node, "driver_opts")?.value : undefined;
    if (node.kind !== "map" || options?.kind !== "map") return node;
    if ((textAt(node, "driver") ?? "local") !== "local" || textAt(options, "o")?.split(",").includes("bind") !== true) return node;
    const moved = withField(options, "device", rebase);
    return { ...node, entries: node.entries.map((entry) => (entry.key === "driver_opts" ? { ...entry, value: moved } : entry)) };
  },
};

/** Addresses, other services and what a builder knows by itself stay. */
function context(text: string, rebase: Rebase): string {
  return /:\/\/|^(?:service:|github\.com\/|git@)/u.test(text) ? text : rebase(text);
}

function withText(node: ComposeNode, change: Rebase): ComposeNode {
  if (node.kind !== "scalar" || typeof node.value !== "string") return node;
  const text = change(node.value);
  return text === node.value ? node : { ...node, value: text, text };
}

function withField(map: MapNode, key: string, change: Rebase): MapNode {
  return { ...map, entries: map.entries.map((entry) => (entry.key === key ? { ...entry, value: withText(entry.value, change) } : entry)) };
}

function textAt(map: MapNode, key: string): string | undefined {
  const value = entryOf(map, key)?.value;
  return value?.kind === "scalar" ? value.text : undefined;
}
