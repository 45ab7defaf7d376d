/** `include`: other projects whose services, networks, volumes, secrets, configs and models become part of this one. */
import { posix } from "node:path";
import { type Place, showPlace } from "../../domain/errors.ts";
import { type ComposeNode, emptyMap, entryOf, type MapEntry, type MapNode, withKey } from "../node.ts";
import { limits } from "./limits.ts";
import { mergeNodes } from "./merge.ts";
import { mergeRules } from "./merge-rules.ts";
import type { Model } from "./model.ts";
import { type NamedFile, readVariables } from "./variables.ts";

const importedKeys: ReadonlySet<string> = new Set(["services", "networks", "volumes", "secrets", "configs", "models"]);

/** How the files of one include become one tree; handed in, since that in turn follows their includes. */
type ReadModel = (model: Model, files: readonly string[]) => MapNode;

type Included = {
  readonly paths: readonly NamedFile[];
  readonly folder: string | undefined;
  readonly envFiles: readonly NamedFile[] | undefined;
};

/** The document without `include`, on top of what it includes. `model.chain` ends with the file that the document is of. */
export function applyIncludes(model: Model, document: MapNode, readModel: ReadModel): MapNode {
  const include = entryOf(document, "include");
  if (include === undefined) return document;
  const own = withKey(document, "include", undefined);
  if (include.value.kind !== "list") {
    if (include.value.kind !== "scalar" || include.value.value !== null)
      model.reading.refuse(
        "compose-syntax",
        "`include` must be a list.",
        include.keyPlace,
        "Write `include:` and `- path/compose.yaml` below it.",
      );
    return own;
  }
  let imported = emptyMap(document.place.file);
  for (const item of include.value.items) {
    const included = readItem(model, item);
    if (included !== undefined) imported = importResources(model, imported, readIncluded(model, included, item.place, readModel), true);
  }
  return importResources(model, imported, own, false);
}

function readItem(model: Model, item: ComposeNode): Included | undefined {
  const files = (node: ComposeNode | undefined): readonly NamedFile[] =>
    textsOf(node).map(({ text, place }) => ({ path: posix.resolve(model.folder, text), place }));
  const path = item.kind === "map" ? entryOf(item, "path")?.value : item;
  const names = textsOf(path);
  const remote = names.find(({ text }) => /^(?:[a-z]+:\/\/|git@|oci:)/u.test(text));
  if (names.length === 0 || remote !== undefined) {
    const message = remote === undefined ? "This include names no file." : "This include lies on another machine; only files are read.";
    model.reading.refuse("compose-missing", message, item.place, "Name a file, relative to the project folder; fetch it first.");
    return undefined;
  }
  const option = (key: string): ComposeNode | undefined => (item.kind === "map" ? entryOf(item, key)?.value : undefined);
  const folder = textsOf(option("project_directory"))[0]?.text;
  const envFile = option("env_file");
  return {
    paths: files(path),
    folder: folder === undefined ? undefined : posix.resolve(model.folder, folder),
    // `/dev/null` is how one says: no environment file at all.
    envFiles: envFile === undefined ? undefined : files(envFile).filter(({ path }) => path !== "/dev/null"),
  };
}

function readIncluded(model: Model, { paths, folder, envFiles }: Included, place: Place, readModel: ReadModel): MapNode {
  const { reading, chain } = model;
  const main = paths[0]?.path ?? "";
  const empty = emptyMap(place.file);
  const again = paths.find(({ path }) => chain.includes(path));
  if (again !== undefined) {
    const round = [...chain.slice(chain.indexOf(again.path)), again.path].map((path) => reading.name(path)).join(" includes ");
    reading.refuse("compose-cycle", `The files include one another: ${round}.`, place);
    return empty;
  }
  if (chain.length > limits.chain) {
    reading.refuse("compose-limit", `More than ${limits.chain} files include one another in a row.`, place);
    return empty;
  }
  if (!reading.include() || paths.filter(({ path }) => !isThere(model, path, place)).length > 0) return empty;
  const base = folder ?? posix.dirname(main);
  const variables = readVariables(reading, model.variables, base, envFiles);
  return readModel(
    { ...model, folder: base, variables, extended: new Map() },
    paths.map(({ path }) => path),
  );
}

function isThere(model: Model, path: string, place: Place): boolean {
  if (model.reading.text(path) !== null) return true;
  if (!model.reading.isMissing(path)) return false;
  const message = `Cannot read ${model.reading.name(path)}, which is included here: it is missing, too large or not UTF-8 text.`;
  model.reading.refuse("compose-missing", message, place);
  return false;
}

/**
 * `later` on top of what was included before. What two included files say differently about one name is merged with a warning;
 * what the including file says is meant to change it.
 */
function importResources(model: Model, before: MapNode, later: MapNode, bothIncluded: boolean): MapNode {
  const isImported = ({ key }: MapEntry): boolean => importedKeys.has(key);
  const over: MapNode = { ...later, entries: later.entries.filter(isImported) };
  const fresh = before.entries.map((entry) => ({ ...entry, value: withoutSame(entry.value, entryOf(over, entry.key)?.value) }));
  if (bothIncluded) warnOfConflicts(model, fresh, over);
  const merged = mergeNodes(model.reading, { ...before, entries: fresh }, over, mergeRules);
  const others = bothIncluded ? [] : later.entries.filter((entry) => !isImported(entry));
  return { ...later, entries: [...merged.entries, ...others] };
}

function warnOfConflicts(model: Model, before: readonly MapEntry[], later: MapNode): void {
  for (const { key: kind, value: resources } of before) {
    const over = entryOf(later, kind)?.value;
    for (const { key, keyPlace } of over?.kind === "map" ? over.entries : []) {
      const earlier = resources.kind === "map" ? entryOf(resources, key)?.keyPlace : undefined;
      if (earlier === undefined) continue;
      const message = `${kind}.${key} stands in another included file too (${showPlace(earlier)}): both are merged.`;
      model.reading.warn("compose-merge", message, keyPlace, "Rename one of them, or put both files into the `path` list of one include.");
    }
  }
}

/** Without entries that the other map has just so: a file that is included twice must not double its lists. */
function withoutSame(node: ComposeNode, other: ComposeNode | undefined): ComposeNode {
  if (node.kind !== "map" || other?.kind !== "map") return node;
  return { ...node, entries: node.entries.filter(({ key, value }) => !sameAt(value, entryOf(other, key)?.value)) };
}

function same(a: ComposeNode, b: ComposeNode): boolean {
  if (a.kind === "scalar") return b.kind === "scalar" && Object.is(a.value, b.value);
  if (a.kind === "list")
    return b.kind === "list" && a.items.length === b.items.length && a.items.every((item, at) => sameAt(item, b.items[at]));
  return (
    b.kind === "map" && a.entries.length === b.entries.length && a.entries.every(({ key, value }) => sameAt(value, entryOf(b, key)?.value))
  );
}

function sameAt(a: ComposeNode, b: ComposeNode | undefined): boolean {
  return b !== undefined && same(a, b);
}

function textsOf(node: ComposeNode | undefined): readonly { readonly text: string; readonly place: Place }[] {
  if (node === undefined) return [];
  if (node.kind === "list") return node.items.flatMap(textsOf);
  return node.kind === "scalar" && node.value !== null ? [{ text: node.text, place: node.place }] : [];
}
