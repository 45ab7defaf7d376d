/** YAML nodes -> ours: aliases and merge keys followed, `!reset` and `!override` kept, doubled keys found. */
import { type Alias, type Document, isAlias, isMap, isScalar, isSeq, type ParsedNode, type YAMLMap } from "yaml";
import type { ErrorCode, Place } from "../../domain/errors.ts";
import { rowOf } from "../../domain/table.ts";
import type { ComposeNode, MapEntry, MergeTag } from "../node.ts";
import { limits } from "./limits.ts";
import { plainValue } from "./scalar.ts";

export type Refuse = (code: ErrorCode, message: string, place: Place, remedy?: string) => void;
/** A node with what following an alias to it costs. */
type Weighed = { readonly node: ComposeNode; readonly size: number; readonly depth: number };

const mergeTags: Readonly<Record<string, MergeTag>> = { "!reset": "reset", "!override": "override" };
const core = "tag:yaml.org,2002:";
/** Tags that say what a value is anyway. `str` keeps a number's text. */
const knownTags = new Set(["str", "int", "float", "bool", "null", "map", "seq"].map((name) => core + name));
/** Makes the nodes of one document. Anchors count from where they stand to the end of it. */
export class NodeBuilder {
  #exceeded = false;
  readonly #place: (offset: number) => Place;
  readonly #refuse: Refuse;
  readonly #anchors = new Map<string, Weighed>();
  #aliasNodes = 0;

  constructor(place: (offset: number) => Place, refuse: Refuse) {
    this.#place = place;
    this.#refuse = refuse;
  }

  build(document: Document.Parsed): ComposeNode {
    const { contents } = document;
    return contents === null ? nothing(this.#place(document.range[0])).node : this.#node(contents, this.#place(contents.range[0])).node;
  }

  #node(from: ParsedNode, place: Place): Weighed {
    if (isAlias(from)) return this.#alias(from.source, place);
    const made = this.#collection(from, place);
    const tag = this.#mergeTag(from.tag, place);
    const weighed = tag === undefined ? made : { ...made, node: { ...made.node, tag } };
    if (from.anchor !== undefined) this.#anchors.set(from.anchor, weighed);
    return weighed;
  }

  #collection(from: Exclude<ParsedNode, Alias.Parsed>, place: Place): Weighed {
    if (isMap(from)) return this.#map(from as YAMLMap.Parsed, place);
    if (isSeq(from)) {
      const items = from.items.map((item) => this.#child(item as ParsedNode, place));
      return weigh({ kind: "list", items: items.map(({ node }) => node), place }, items);
    }
    if (!isScalar(from)) return nothing(place);
    const text = String(from.value ?? "");
    if (/[\0\p{Surrogate}]/u.test(text))
      this.#fail("compose-syntax", "This text holds a NUL or half a character: no argument, path or variable can.", place);
    const isText = from.type !== "PLAIN" || from.tag === "!" || from.tag === `${core}str`;
    return { node: { kind: "scalar", value: isText ? text : plainValue(text), text, place }, size: 1, depth: 1 };
  }

  #child(from: ParsedNode | null, parent: Place): Weighed {
    return from === null ? nothing(parent) : this.#node(from, this.#place(from.range[0]));
  }

  #map(from: YAMLMap.Parsed, place: Place): Weighed {
    const own: MapEntry[] = [];
    const merged: MapEntry[] = [];
    let mergedAt = 0;
    const parts: Weighed[] = [];
    const seen = new Map<string, Place>();
    for (const { key, value } of from.items) {
      const keyPlace = key === null ? place : this.#place((key as ParsedNode).range[0]);
      const name = this.#key(key, keyPlace);
      if (name === undefined) continue;
      const first = seen.get(name);
      if (first !== undefined) {
        this.#fail("compose-syntax", `The key ${quoted(name)} stands here again: it is in line ${first.line} already.`, keyPlace);
        continue;
      }
      seen.set(name, keyPlace);
      const child = this.#child(value, keyPlace);
      if (name === "<<" && isScalar(key) && key.type === "PLAIN") {
        merged.push(...this.#mergeSources(child.node, keyPlace));
        mergedAt = own.length;
        parts.push({ ...child, depth: child.depth - 1 });
      } else {
        own.push({ key: name, keyPlace, value: child.node });
        parts.push(child);
      }
    }
    // What is written in the map wins over all that is merged into it, an earlier source over a later one.
    const taken = merged.filter(({ key }) => !seen.has(key) && seen.set(key, place));
    return weigh({ kind: "map", entries: [...own.slice(0, mergedAt), ...taken, ...own.slice(mergedAt)], place }, parts);
  }

  #key(from: unknown, place: Place): string | undefined {
    // Tagged as what it is: `!!merge <<`, as some programs write it. The parser then gives no text but a symbol.
    if (isScalar(from) && from.tag === `${core}merge`) return "<<";
    if (isAlias(from)) {
      const { node } = this.#alias(from.source, place);
      if (node.kind === "scalar") return node.text;
    }
    if (isScalar(from) && (from.type !== "PLAIN" || plainValue(String(from.value ?? "")) !== null)) {
      const text = String(from.value ?? "");
      if (from.anchor !== undefined)
        this.#anchors.set(from.anchor, { node: { kind: "scalar", value: text, text, place }, size: 1, depth: 1 });
      return text;
    }
    this.#fail("compose-syntax", "A key must be one word or a quoted text.", place);
    return undefined;
  }

  #mergeSources(from: ComposeNode, place: Place): readonly MapEntry[] {
    const sources = from.kind === "list" ? from.items : [from];
    return sources.flatMap((source) => {
      if (source.kind === "map") return source.entries;
      this.#fail("compose-syntax", "`<<` takes a map or a list of maps, as aliases: `<<: *name`.", place);
      return [];
    });
  }

  #alias(name: string, place: Place): Weighed {
    const found = this.#anchors.get(name);
    if (found === undefined) {
      this.#fail("compose-syntax", `The alias *${name} names no anchor that stands before it and is complete.`, place);
      return nothing(place);
    }
    this.#spend(found.size, place);
    if (found.depth > limits.depth) this.#exceed(`more than ${limits.depth} collections lie within each other`, place);
    return this.#exceeded ? nothing(place) : found;
  }

  #spend(nodes: number, place: Place): void {
    this.#aliasNodes += nodes;
    if (this.#aliasNodes > limits.aliasNodes) this.#exceed(`its aliases stand for more than ${limits.aliasNodes} values`, place);
  }

  #exceed(what: string, place: Place): void {
    this.#fail("compose-limit", `Cannot read ${place.file}: ${what}.`, place);
    this.#exceeded = true;
  }

  #mergeTag(tag: string | undefined, place: Place): MergeTag | undefined {
    if (tag === undefined || tag === "!" || knownTags.has(tag)) return undefined;
    const known = rowOf(mergeTags, tag);
    if (known === undefined) {
      const remedy = "Compose knows `!reset` and `!override`; remove any other tag.";
      this.#fail("compose-syntax", `The tag ${quoted(tag.replace(core, "!!"))} means nothing in a Compose file.`, place, remedy);
    }
    return known;
  }

  #fail(code: ErrorCode, message: string, place: Place, remedy?: string): void {
    // What follows from a limit says nothing more.
    if (this.#exceeded) return;
    this.#refuse(code, message, place, remedy);
  }
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}...` : text);
}

function nothing(place: Place): Weighed {
  return { node: { kind: "scalar", value: null, text: "", place }, size: 1, depth: 1 };
}

function weigh(node: ComposeNode, parts: readonly Weighed[]): Weighed {
  let size = 1;
  let depth = 0;
  for (const part of parts) {
    size += part.size;
    depth = Math.max(depth, part.depth);
  }
  return { node, size, depth: depth + 1 };
}
