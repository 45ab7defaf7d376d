/** `extends`: a service on top of another one, of the same file or of another. */
import { posix } from "node:path";
import { type ComposeNode, emptyMap, entryOf, type MapEntry, type MapNode, withKey } from "../node.ts";
import { uniqueItems } from "./identity.ts";
import { limits } from "./limits.ts";
import { mergeNodes, withoutTags } from "./merge.ts";
import { mergeRules } from "./merge-rules.ts";
import { type Model, readFile } from "./model.ts";
import { patternBelow } from "./patterns.ts";

/** A file's services, and the folder that its own `extends.file` counts from. */
type Source = { readonly file: string; readonly folder: string; readonly services: MapNode; readonly done: Map<string, ComposeNode> };

const serviceRules = patternBelow(patternBelow(mergeRules, "services"), "any");

/** The document with each service whole. */
export function resolveExtends(model: Model, file: string, document: MapNode): MapNode {
  const services = entryOf(document, "services")?.value;
  if (services?.kind !== "map") return document;
  const source: Source = { file, folder: model.folder, services, done: new Map() };
  const entries: MapEntry[] = services.entries.map((entry) => ({ ...entry, value: resolve(model, source, entry, []) }));
  return withKey(document, "services", { ...services, entries });
}

function resolve(model: Model, source: Source, entry: MapEntry, chain: readonly string[]): ComposeNode {
  const service = entry.value;
  if (service.kind !== "map") return service;
  const wish = entryOf(service, "extends");
  if (wish === undefined) return service;
  const done = source.done.get(entry.key);
  if (done !== undefined) return done;
  const own = withKey(service, "extends", undefined);
  const base = extended(model, source, entry.key, wish, chain);
  const whole = base === undefined ? own : mergeNodes(model.reading, uniqueItems(withoutTags(base), serviceRules), own, serviceRules);
  // `!override` of the whole service is about what earlier files say of it, not about what it extends.
  const tagged = service.tag === undefined ? whole : { ...whole, tag: service.tag };
  source.done.set(entry.key, tagged);
  return tagged;
}

function extended(model: Model, source: Source, service: string, wish: MapEntry, chain: readonly string[]): MapNode | undefined {
  const { reading } = model;
  const place = wish.keyPlace;
  const name = textAt(wish.value, "service") ?? (wish.value.kind === "scalar" && wish.value.value !== null ? wish.value.text : undefined);
  if (name === undefined) {
    reading.refuse("compose-missing", `The service ${service} extends no service: \`extends\` names none.`, place);
    return undefined;
  }
  const here = `${service} in ${reading.name(source.file)}`;
  if (chain.includes(here)) {
    const round = [...chain.slice(chain.indexOf(here)), here].join(" extends ");
    reading.refuse("compose-cycle", `The services extend one another: ${round}.`, place);
    return undefined;
  }
  if (chain.length >= limits.chain) {
    reading.refuseOnce("compose-limit", `More than ${limits.chain} services extend one another in a row.`, place);
    return undefined;
  }
  const from = sourceOf(model, source, textAt(wish.value, "file"));
  if (from === undefined) return undefined;
  if (from === "unreadable") {
    const message = `Cannot read ${textAt(wish.value, "file")}, which the service ${service} extends: it is missing, too large or not UTF-8 text.`;
    reading.refuse("compose-missing", message, place);
    return undefined;
  }
  const found = entryOf(from.services, name);
  if (found === undefined) {
    reading.refuse("compose-missing", `The service ${service} extends ${name}, which ${reading.name(from.file)} does not have.`, place);
    return undefined;
  }
  const base = resolve(model, from, found, [...chain, here]);
  return base.kind === "map" ? base : undefined;
}

/** Undefined: the file is still to be read. */
function sourceOf(model: Model, source: Source, file: string | undefined): Source | "unreadable" | undefined {
  if (file === undefined) return source;
  const path = posix.resolve(source.folder, file);
  const folder = posix.dirname(path);
  const known = model.extended.get(path);
  if (known !== undefined) return { file: path, folder, services: known, done: new Map() };
  if (model.reading.text(path) === null) return model.reading.wants.has(path) ? undefined : "unreadable";
  let services = emptyMap(model.reading.name(path));
  for (const document of readFile(model, path, folder)) {
    const more = entryOf(document, "services")?.value;
    if (more?.kind === "map") services = mergeNodes(model.reading, services, more, patternBelow(mergeRules, "services"));
  }
  model.extended.set(path, services);
  return { file: path, folder, services, done: new Map() };
}

function textAt(node: ComposeNode, key: string): string | undefined {
  const value = node.kind === "map" ? entryOf(node, key)?.value : undefined;
  return value?.kind === "scalar" && value.value !== null ? value.text : undefined;
}
