/** The paths of the machine that a unit names, and a copy of the unit that names others. */
import { lookupPairs, type Pair, type UnitDocument, withValues } from "../quadlet/document.ts";
import { readValue, undoubleSpecials } from "../quadlet/escape.ts";
import { typeSection, type UnitType } from "../quadlet/names.ts";
import { head } from "./values.ts";

/** `environment` and `config` files are read once, when the service starts; a bind stands in the container as long as it runs. */
export type PathRole = "environment" | "config" | "bind";

export type PathUse = {
  readonly key: string;
  readonly role: PathRole;
  /** As written, `%%` and `$$` still doubled. */
  readonly raw: string;
  readonly path: string;
  /** Holds a specifier or variable, so that only systemd knows the path. */
  readonly isLive: boolean;
  /** The container cannot change what it finds there. */
  readonly isReadOnly: boolean;
  readonly pair: Pair;
};

/** Gives the new raw path, or undefined to leave it. */
export type Rewrite = (use: PathUse) => string | undefined;

const keys: Readonly<Record<UnitType, readonly (readonly [key: string, role: PathRole])[]>> = {
  container: [
    ["EnvironmentFile", "environment"],
    ["Volume", "bind"],
    ["Mount", "bind"],
  ],
  pod: [["Volume", "bind"]],
  kube: [
    ["ConfigMap", "config"],
    ["Yaml", "config"],
  ],
  build: [["Volume", "bind"]],
  network: [],
  volume: [],
  image: [],
};

/** Every path a unit names, in the order of the key table above. */
export function pathUses(document: UnitDocument, type: UnitType): readonly PathUse[] {
  const uses: PathUse[] = [];
  mapPaths(document, type, (use) => {
    uses.push(use);
    return undefined;
  });
  return uses;
}

/** The document with other paths; lines without a path of the machine stay as they are. */
export function mapPaths(document: UnitDocument, type: UnitType, rewrite: Rewrite): UnitDocument {
  return keys[type].reduce((changed, [key, role]) => {
    const pairs = lookupPairs(changed, typeSection(type), key);
    const values = pairs.map((pair) => mapPair({ type, key, role, pair, rewrite }));
    return values.every((value, index) => value === pairs[index]?.value) ? changed : withValues(changed, typeSection(type), key, values);
  }, document);
}

type Line = { readonly type: UnitType; readonly key: string; readonly role: PathRole; readonly pair: Pair; readonly rewrite: Rewrite };

function mapPair({ type, key, role, pair, rewrite }: Line): string {
  const use = (raw: string, isReadOnly: boolean): string => {
    const isLive = /(?<!%)(?:%%)*%[^%]|(?<!\$)(?:\$\$)*\$[^$]/u.test(raw);
    return rewrite({ key, role, raw, path: isLive ? raw : undoubleSpecials(raw), isLive, isReadOnly, pair }) ?? raw;
  };
  if (key === "Volume") return mapVolume(pair.value, use);
  const read = readValue(type, key, [pair.value]);
  if (!("values" in read)) return pair.value;
  const words = read.values.map((word) => (key === "Mount" ? mapMount(word, use) : use(word, true)));
  return words.every((word, index) => word === read.values[index]) ? pair.value : words.map(quoteRaw).join(" ");
}

type Use = (raw: string, isReadOnly: boolean) => string;

function mapVolume(value: string, use: Use): string {
  const source = head(value);
  if (!isPath(source) || source === value) return value;
  const options = (/^[^:]*:(.*)$/su.exec(value.slice(source.length + 1))?.[1] ?? "").split(",");
  // U changes the owner of what is there, O lays a writable layer over it.
  return `${use(source, options.includes("ro") && !options.includes("U") && !options.includes("O"))}${value.slice(source.length)}`;
}

function mapMount(word: string, use: Use): string {
  const fields = word.split(",");
  if (word.includes('"') || !fields.some((field) => field === "type=bind" || field === "type=glob")) return word;
  const isReadOnly =
    fields.some((field) => /^(?:ro|readonly)(?:=true)?$/u.test(field)) && !fields.some((field) => /^U(?:=true)?$/u.test(field));
  return fields
    .map((field) => {
      const [, name = "", source = ""] = /^(source|src)=(.*)$/su.exec(field) ?? [];
      return isPath(source) ? `${name}=${use(source, isReadOnly && fields.includes("type=bind"))}` : field;
    })
    .join(",");
}

/** Podman and Quadlet take everything else for a volume's name. */
function isPath(source: string): boolean {
  return /^[./%]/u.test(source);
}

/** One word as the generator reads it, specifiers kept. */
function quoteRaw(word: string): string {
  if (/^[\w@%+=:,./$-]+$/u.test(word)) return word;
  return `"${word.replace(/["\\]/gu, "\\$&").replace(/\n/gu, "\\n").replace(/\t/gu, "\\t").replace(/\r/gu, "\\r")}"`;
}

/** Sources that look like a path but that Podman would take for a volume's name. */
export function mistakenPaths(document: UnitDocument, type: UnitType): readonly { readonly source: string; readonly pair: Pair }[] {
  const isBinding = type === "container" || type === "pod" || type === "build";
  if (!isBinding) return [];
  return lookupPairs(document, typeSection(type), "Volume")
    .map((pair) => ({ source: head(pair.value), pair }))
    .filter(({ source, pair }) => source !== pair.value && !isPath(source) && /[/~]/u.test(source));
}
