/** How the generator resolves what a value refers to: other unit files, and paths relative to its own. */
import { posix } from "node:path";
import { lookupAll, lookupLast, type UnitDocument } from "./document.ts";
import { readValue } from "./escape.ts";
import { defaultObjectName, nameKey, parseUnitFileName, typeSection, type UnitType } from "./names.ts";

export type References = {
  /** Unit file -> Podman object: `phoenix-net.network` -> `systemd-phoenix-net`. `objectNames` makes it. */
  readonly objects?: ReadonlyMap<string, string>;
  /** The folder that the generator reads the file from. */
  readonly folder?: string;
};

/** The Podman object behind each unit file, as other units of the folder refer to it. */
export function objectNames(documents: ReadonlyMap<string, UnitDocument>): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [fileName, document] of documents) {
    const unit = parseUnitFileName(fileName);
    if (unit !== undefined) names.set(fileName, objectName(document, unit.type, unit.name));
  }
  return names;
}

function objectName(document: UnitDocument, type: UnitType, name: string): string {
  const section = typeSection(type);
  if (type === "build") return lookupAll(document, section, "ImageTag")[0] ?? "";
  const keys = type === "image" ? ["ImageTag", "Image"] : [nameKey(type) ?? ""];
  for (const key of keys) {
    const raw = lookupLast(document, section, key);
    const read = raw === undefined ? undefined : readValue(type, key, [raw]);
    if (read !== undefined && "values" in read && read.values[0] !== undefined) return read.values[0];
  }
  return type === "image" ? "" : defaultObjectName(name);
}

/** The Podman object of a unit file that a value names; the value itself where it names none. */
export function resolveObject(value: string, types: readonly UnitType[], references: References): string {
  const unit = parseUnitFileName(value);
  if (unit === undefined || !types.includes(unit.type)) return value;
  return references.objects?.get(value) ?? defaultObjectName(unit.name);
}

/** A path as the generator writes it: relative ones belong to the unit file's folder, ones behind a specifier stay. */
export function resolvePath(path: string, references: References): string {
  const isSpecifier = path.startsWith("%") && !path.startsWith("%%");
  if (path.startsWith("/") || isSpecifier || references.folder === undefined) return path;
  return posix.join(references.folder, path).replace(/(?<=.)\/$/u, "");
}

/** `Network=`: `n.network:ip=10.0.0.2`, `web.container` or any other. */
export function resolveNetwork(value: string, references: References): string {
  const colon = value.indexOf(":");
  const head = colon < 0 ? value : value.slice(0, colon);
  const type = parseUnitFileName(head)?.type;
  const tail = colon < 0 ? "" : value.slice(colon);
  if (type === "container") return `container:${resolveObject(head, ["container"], references)}`;
  return `${resolveObject(head, ["network"], references)}${tail}`;
}

/** `Volume=`: the source may be a relative path or a `.volume` file. */
export function resolveVolume(value: string, references: References): string {
  const colon = value.indexOf(":");
  return colon < 0 ? value : `${resolveSource(value.slice(0, colon), ["volume"], references)}${value.slice(colon)}`;
}

const resolvedMounts: readonly string[] = ["volume", "bind", "glob", "image"];

/** `Mount=`: its type comes first and its source is resolved, for the types that have one outside the container. */
export function resolveMount(value: string, references: References): string {
  const fields = readCsv(value);
  const type = fields.find((field) => field.startsWith("type="))?.slice("type=".length) ?? "volume";
  if (!resolvedMounts.includes(type)) return value;
  const rest = fields
    .filter((field) => !field.startsWith("type="))
    .map((field) =>
      field.replace(
        /^(?:source|src)=(.*)$/su,
        (_all, source: string) => `source=${resolveSource(source, ["volume", "image"], references)}`,
      ),
    );
  return [`type=${type}`, ...rest].map(csvField).join(",");
}

function resolveSource(source: string, types: readonly UnitType[], references: References): string {
  return source.startsWith(".") ? resolvePath(source, references) : resolveObject(source, types, references);
}

function readCsv(text: string): readonly string[] {
  const fields = text.match(/(?:^|,)(?:"(?:[^"]|"")*"|[^,]*)/gu) ?? [];
  return fields.map((field, index) => {
    const bare = index === 0 ? field : field.slice(1);
    return bare.startsWith('"') ? bare.slice(1, -1).replaceAll('""', '"') : bare;
  });
}

function csvField(field: string): string {
  return /[",\r\n]|^\s/u.test(field) ? `"${field.replaceAll('"', '""')}"` : field;
}
