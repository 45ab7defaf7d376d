/** `Volume=`, `Mount=` and `.volume` files. */
import type { ComposeData } from "../../compose/write/text.ts";
import { rowOf } from "../../domain/table.ts";
import { parseUnitFileName } from "../../quadlet/names.ts";
import type { StackUnit } from "../stack.ts";
import { head, lastValue, type Value, valuesOf } from "../values.ts";
import type { ExportContext } from "./context.ts";
import { mapOf, type Named } from "./networks.ts";
import { composePath } from "./paths.ts";
import type { Fields } from "./rows.ts";
import { composeWord } from "./words.ts";

/** What is mounted, in the order of the lines. */
export function volumeFields(unit: StackUnit, named: Named, context: ExportContext): Fields {
  const short = valuesOf(unit.document, unit.type, "Volume").map(({ value }) => shortMount(value, named, context));
  const long = valuesOf(unit.document, unit.type, "Mount").flatMap((line) => longMount(line, unit, named, context) ?? []);
  return short.length + long.length === 0 ? {} : { volumes: [...short, ...long] };
}

function shortMount(value: string, named: Named, context: ExportContext): string {
  const source = head(value);
  if (source === value) return composeWord(value);
  return `${mountSource(source, named, context)}${composeWord(value.slice(source.length))}`;
}

function mountSource(source: string, named: Named, context: ExportContext): string {
  return /^[./%$]/u.test(source) ? composePath(source, context.folders) : volumeKey(source, named, context);
}

function volumeKey(source: string, named: Named, context: ExportContext): string {
  const unit = context.stack.units.find((one) => one.file === source && one.type === "volume");
  const file = parseUnitFileName(source);
  if (unit !== undefined) named.set(unit.name, volumeEntry(unit, context));
  else if (file?.type === "volume") named.set(file.name, { external: true, name: `systemd-${file.name}` });
  // Podman makes it where it is missing, and so does Compose.
  else named.set(source, { name: source });
  return file?.type === "volume" ? file.name : source;
}

const switches = new Set(["ro", "readonly", "rw"]);
const places: Readonly<Record<string, readonly [string, string]>> = {
  "bind-propagation": ["bind", "propagation"],
  relabel: ["bind", "selinux"],
  subpath: ["volume", "subpath"],
  "volume-subpath": ["volume", "subpath"],
  "tmpfs-size": ["tmpfs", "size"],
  "tmpfs-mode": ["tmpfs", "mode"],
};
const relabels: Readonly<Record<string, string>> = { shared: "z", private: "Z" };

function longMount({ value, pair }: Value, unit: StackUnit, named: Named, context: ExportContext): ComposeData | undefined {
  const fields = value.split(",").map((field) => [head(field.replace("=", ":")), field.slice(field.indexOf("=") + 1)] as const);
  const get = (...names: readonly string[]): string | undefined => fields.find(([name]) => names.includes(name))?.[1];
  const type = get("type") ?? "volume";
  if (!["bind", "volume", "tmpfs"].includes(type)) {
    context.leave(unit, pair, `Compose has no mount of type ${type}`);
    return undefined;
  }
  const source = get("source", "src");
  const mount: Record<string, ComposeData> = { type };
  if (source !== undefined) mount["source"] = mountSource(source, named, context);
  mount["target"] = composeWord(get("target", "destination", "dst") ?? "");
  if (fields.some(([name, word]) => /^(?:ro|readonly)$/u.test(name) && word !== "false")) mount["read_only"] = true;
  for (const [name, word] of fields) {
    if (["type", "source", "src", "target", "destination", "dst"].includes(name) || switches.has(name)) continue;
    const [group, key] = rowOf(places, name) ?? [];
    if (group === undefined || key === undefined) context.leave(unit, pair, `Compose has no mount option ${name}`);
    else
      mount[group] = {
        ...(mount[group] as object | undefined),
        [key]: rowOf(relabels, word) ?? (key === "mode" ? Number.parseInt(word, 8) : word),
      };
  }
  return mount;
}

const known = new Set(["VolumeName", "Driver", "Type", "Device", "Options", "User", "Group", "Label"]);

function volumeEntry(unit: StackUnit, context: ExportContext): ComposeData {
  const one = (key: string): string | undefined => lastValue(unit.document, unit.type, key);
  const owner = [
    one("Options"),
    one("User") === undefined ? undefined : `uid=${one("User")}`,
    one("Group") === undefined ? undefined : `gid=${one("Group")}`,
  ];
  const options = owner.filter((option) => option !== undefined).join(",");
  const pairs = [["type", one("Type")] as const, ["device", one("Device")] as const, ["o", options === "" ? undefined : options] as const];
  const driver = one("Driver");
  for (const section of unit.document.sections.filter(({ name }) => name === "Volume"))
    for (const entry of section.entries)
      if (entry.kind === "pair" && !known.has(entry.key)) context.leave(unit, entry, "Compose has no such key for a volume");
  return {
    name: unit.object,
    ...(driver === undefined ? {} : { driver }),
    ...mapOf(
      "driver_opts",
      pairs.flatMap(([name, word]) => (word === undefined ? [] : [`${name}=${composeWord(word)}`])),
    ),
    ...mapOf(
      "labels",
      valuesOf(unit.document, unit.type, "Label").map(({ value }) => composeWord(value)),
    ),
  };
}
