/** `extends`: a service on top of another one, of the same file or of another. */
import { posix } from "node:path";
import { type ComposeNode, emptyMap, entryOf, type MapEntry, type MapNode, withKey } from "../node.ts";
import { uniqueItems } from "./identity.ts";
import { limits } from "./limits.ts";
import { mergeNodes, withoutTags } from "./merge.ts";
import { mergeRules } from "./merge-rules.ts";
import { type ExtendSource, type Model, readFile } from "./model.ts";
import { patternBelow } from "./patterns.ts";

const serviceRules = patternBelow(patternBelow(mergeRules, "services"), "any");

type Known = { readonly node: ComposeNode /** How many others it builds on. */; readonly level: number };

/** The document with each service whole. */
export function resolveExtends(model: Model, file: string, document: MapNode): MapNode {
  const services = entryOf(document, "services")?.value;
  if (services?.kind !== "map") return document;
  const source: ExtendSource = { file, folder: model.folder, services, done: new Map() };
  const entries: MapEntry[] = services.entries.map((entry) => ({ ...entry, value: resolve(model, source, entry, []).node }));
  return withKey(document, "services", { ...services, entries });
}

function resolve(model: Model, source: ExtendSource, { key, value: service }: MapEntry, chain: readonly string[]): Known {
  const wish = service.kind === "map" ? entryOf(service, "extends") : undefined;
  if (service.kind !== "map" || wish === undefined) return { node: service, level: 0 };
  const done = source.done.get(key);
  if (done !== undefined) return done;
  const own = withKey(service, "extends", undefined);
  const base = extended(model, source, key, wish, chain);
  const known = base === undefined ? { node: own, level: 0 } : { node: onTopOf(model, base.node, own), level: base.level + 1 };
  source.done.set(key, known);
  return known;
}

/** The tag of the service is about what earlier files say of it, not about what it extends. */
function onTopOf(model: Model, base: ComposeNode, own: MapNode): MapNode {
  if (base.kind !== "map") return own;
  const whole = mergeNodes(model.reading, uniqueItems(withoutTags(base), serviceRules), own, serviceRules);
  return own.tag === undefined ? whole : { ...whole, tag: own.tag };
}

function extended(model: Model, source: ExtendSource, service: string, wish: MapEntry, chain: readonly string[]): Known | undefined {
  const { reading } = model;
  const place = wish.keyPlace;
  const name = textAt(wish.value, "service") ?? textOf(wish.value);
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
  const file = textAt(wish.value, "file");
  const from = file === undefined ? source : sourceOf(model, posix.resolve(source.folder, file));
  if (from === undefined) {
    if (!reading.isMissing(posix.resolve(source.folder, file ?? ""))) return undefined;
    const message = `Cannot read ${file}, which the service ${service} extends: it is missing, too large or not UTF-8 text.`;
    reading.refuse("compose-missing", message, place);
    return undefined;
  }
  const found = entryOf(from.services, name);
  if (found === undefined) {
    reading.refuse("compose-missing", `The service ${service} extends ${name}, which ${reading.name(from.file)} does not have.`, place);
    return undefined;
  }
  const base = chain.length < limits.chain ? resolve(model, from, found, [...chain, here]) : undefined;
  if (base !== undefined && base.level < limits.chain) return base;
  reading.refuseOnce("compose-limit", `More than ${limits.chain} services extend one another in a row.`, place);
  return undefined;
}

function sourceOf(model: Model, path: string): ExtendSource | undefined {
  const known = model.extended.get(path);
  if (known !== undefined) return known;
  if (model.reading.text(path) === null) return undefined;
  const folder = posix.dirname(path);
  let services = emptyMap(model.reading.name(path));
  for (const document of readFile(model, path, folder)) {
    const more = entryOf(document, "services")?.value;
    if (more?.kind === "map") services = mergeNodes(model.reading, services, more, patternBelow(mergeRules, "services"));
  }
  const source: ExtendSource = { file: path, folder, services, done: new Map() };
  model.extended.set(path, source);
  return source;
}

function textOf(node: ComposeNode | undefined): string | undefined {
  return node?.kind === "scalar" && node.value !== null ? node.text : undefined;
}

function textAt(node: ComposeNode, key: string): string | undefined {
  return node.kind === "map" ? textOf(entryOf(node, key)?.value) : undefined;
}
