/** The files that services take their environment and labels from. */
import { posix } from "node:path";
import type { Place } from "../../domain/errors.ts";
import { type ComposeNode, entryOf, type MapNode } from "../node.ts";
import type { EnvironmentEntry } from "../read.ts";
import { parseDotenv, parseRawEnvironment } from "./dotenv.ts";
import type { Lookup } from "./interpolate.ts";
import type { Reading } from "./reading.ts";
import type { Variables } from "./variables.ts";

type EnvFile = { readonly path: string; readonly place: Place; readonly required: boolean; readonly format: string | undefined };
type Parse = (text: string, file: string, reading: Reading, outer: Lookup) => readonly EnvironmentEntry[];

const formats: Readonly<Record<string, Parse>> = { raw: parseRawEnvironment };

/** By absolute path. */
export function readEnvFiles(reading: Reading, root: MapNode, variables: Variables): ReadonlyMap<string, readonly EnvironmentEntry[]> {
  const found = new Map<string, readonly EnvironmentEntry[]>();
  const services = entryOf(root, "services")?.value;
  for (const { value: service } of services?.kind === "map" ? services.entries : []) {
    if (service.kind !== "map") continue;
    // Variables mean something in environment files: those of the project, and what the service says itself.
    readInOrder(reading, entryOf(service, "env_file")?.value, variables, ownEnvironment(service), found);
    readInOrder(reading, entryOf(service, "label_file")?.value, new Map(), new Map(), found);
  }
  return found;
}

/** A later file sees what the earlier ones say. */
function readInOrder(
  reading: Reading,
  node: ComposeNode | undefined,
  variables: Variables,
  known: Map<string, string>,
  found: Map<string, readonly EnvironmentEntry[]>,
): void {
  const lookup: Lookup = (name) => {
    const value = known.get(name);
    return variables.get(name) ?? (value === undefined ? undefined : { value, from: "env-file" });
  };
  for (const file of filesOf(reading, node)) {
    const entries = readOne(reading, file, lookup);
    if (entries === undefined) continue;
    const before = found.get(file.path);
    if (before !== undefined && !sameEntries(before, entries)) {
      const message = `${reading.name(file.path)} means one thing here and another in an earlier service: its variables come from other files.`;
      reading.refuse("compose-variable", message, file.place, "Write the values of these variables into .env.");
    }
    found.set(file.path, entries);
    for (const { name, value } of entries) known.set(name, value);
  }
}

function ownEnvironment(service: MapNode): Map<string, string> {
  const environment = entryOf(service, "environment")?.value;
  if (environment?.kind === "list")
    return new Map(environment.items.flatMap((item) => (item.kind === "scalar" ? [pairOf(item.text)] : [])));
  const entries = environment?.kind === "map" ? environment.entries : [];
  return new Map(
    entries.flatMap(({ key, value }) => (value.kind === "scalar" && value.value !== null ? [[key, value.text] as const] : [])),
  );
}

function pairOf(text: string): readonly [name: string, value: string] {
  const equals = text.indexOf("=");
  return equals === -1 ? [text, ""] : [text.slice(0, equals), text.slice(equals + 1)];
}

function readOne(reading: Reading, file: EnvFile, lookup: Lookup): readonly EnvironmentEntry[] | undefined {
  const parse = file.format === undefined ? parseDotenv : formats[file.format];
  if (parse === undefined) {
    reading.refuse(
      "compose-syntax",
      `The format of this environment file is ${JSON.stringify(file.format)}.`,
      file.place,
      "Compose knows `raw`; leave it out otherwise.",
    );
    return undefined;
  }
  const text = reading.text(file.path);
  if (text !== null) return parse(text, reading.name(file.path), reading, lookup);
  if (file.required && reading.isMissing(file.path)) {
    const message = `Cannot read the environment file ${reading.name(file.path)}: it is missing, too large or not UTF-8 text.`;
    reading.refuse("compose-missing", message, file.place, "Create the file, or write `required: false`.");
  }
  return undefined;
}

function filesOf(reading: Reading, node: ComposeNode | undefined): readonly EnvFile[] {
  if (node?.kind === "list") return node.items.flatMap((item) => filesOf(reading, item));
  const path = node?.kind === "map" ? entryOf(node, "path")?.value : node;
  if (node === undefined || path?.kind !== "scalar" || path.value === null) return [];
  const option = (key: string): string | undefined => {
    const value = node.kind === "map" ? entryOf(node, key)?.value : undefined;
    return value?.kind === "scalar" && value.value !== null ? value.text : undefined;
  };
  return [
    {
      path: posix.resolve(reading.folder, path.text),
      place: path.place,
      required: option("required")?.toLowerCase() !== "false",
      format: option("format") || undefined,
    },
  ];
}

function sameEntries(a: readonly EnvironmentEntry[], b: readonly EnvironmentEntry[]): boolean {
  return a.length === b.length && a.every(({ name, value }, at) => name === b[at]?.name && value === b[at]?.value);
}
