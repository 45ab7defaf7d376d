/** `Network=` lines and `.network` files. */
import type { ComposeData } from "../../compose/write/text.ts";
import { rowOf } from "../../domain/table.ts";
import { parseUnitFileName } from "../../quadlet/names.ts";
import type { StackUnit } from "../stack.ts";
import { head, isYes, lastValue, type Value, valuesOf } from "../values.ts";
import type { ExportContext } from "./context.ts";
import type { Fields } from "./rows.ts";
import { composeMap, composeWord } from "./words.ts";

/** The top-level networks that services name, by their key. */
export type Named = Map<string, ComposeData>;

const modes = /^(?:none|host|private|pasta|slirp4netns|bridge|ns)$/u;

/** How a container (or the pod it stands in for) is connected; `unit` is the container, `shared` the one whose lines count. */
export function networkFields(unit: StackUnit, shared: StackUnit, named: Named, context: ExportContext): Fields {
  const lines = valuesOf(shared.document, shared.type, "Network");
  const mode = lines.find(({ value }) => isMode(value));
  if (mode !== undefined) return { network_mode: composeMode(mode.value, context) };
  if (lines.length === 0) {
    named.set("default", {});
    return { networks: ["default"] };
  }
  const aliases = valuesOf(shared.document, shared.type, "NetworkAlias").map(({ value }) => composeWord(value));
  const own = context.serviceOf(unit);
  const networks = lines.map((line, index) => {
    const options = networkOptions(line, shared, context);
    const addresses = index === 0 ? fixedAddresses(shared) : {};
    const names = [...new Set([...aliases, ...options.aliases])].filter((alias) => alias !== own);
    return [
      networkKey(line.value, named, context),
      { ...addresses, ...options.fields, ...(names.length === 0 ? {} : { aliases: names }) },
    ] as const;
  });
  const isPlain = networks.every(([, fields]) => Object.keys(fields).length === 0);
  return { networks: isPlain ? networks.map(([key]) => key) : Object.fromEntries(networks) };
}

function isMode(value: string): boolean {
  return modes.test(head(value)) || head(value) === "container" || parseUnitFileName(head(value))?.type === "container";
}

/** `Network=db.container` shares the network of another service. */
function composeMode(value: string, { stack, serviceOf }: ExportContext): string {
  const other = stack.units.find((unit) => unit.file === value && unit.type === "container");
  return other === undefined ? composeWord(value) : `service:${serviceOf(other)}`;
}

const optionFields: Readonly<Record<string, string>> = { mac: "mac_address", interface_name: "x-podman.interface_name" };

function networkOptions(
  { value, pair }: Value,
  unit: StackUnit,
  context: ExportContext,
): { aliases: string[]; fields: Record<string, string> } {
  const found = { aliases: [] as string[], fields: {} as Record<string, string> };
  for (const option of value
    .slice(head(value).length + 1)
    .split(",")
    .filter(Boolean)) {
    const [name = "", word = ""] = option.split("=");
    const field = rowOf(optionFields, name);
    if (name === "alias") found.aliases.push(composeWord(word));
    else if (name === "ip" || name === "ip6") found.fields[word.includes(":") ? "ipv6_address" : "ipv4_address"] = word;
    else if (field !== undefined) found.fields[field] = word;
    else context.leave(unit, pair, `Compose has no network option ${name}`);
  }
  return found;
}

function fixedAddresses(unit: StackUnit): Readonly<Record<string, string>> {
  const [ip, ip6] = [lastValue(unit.document, unit.type, "IP"), lastValue(unit.document, unit.type, "IP6")];
  return { ...(ip === undefined ? {} : { ipv4_address: ip }), ...(ip6 === undefined ? {} : { ipv6_address: ip6 }) };
}

function networkKey(value: string, named: Named, context: ExportContext): string {
  const name = head(value);
  const unit = context.stack.units.find((one) => one.file === name && one.type === "network");
  if (unit !== undefined) {
    if (!named.has(unit.name)) named.set(unit.name, networkEntry(unit, context));
    return unit.name;
  }
  const file = parseUnitFileName(name);
  const object = file?.type === "network" ? `systemd-${file.name}` : name;
  named.set(file?.name ?? name, { external: true, name: object });
  return file?.name ?? name;
}

/** Keys of `.network` files that Compose has a place for; the others are left out by name. */
const known = new Set(["NetworkName", "Driver", "Internal", "IPv6", "IPAMDriver", "Subnet", "Gateway", "IPRange", "Options", "Label"]);

function networkEntry(unit: StackUnit, context: ExportContext): ComposeData {
  const { document, type } = unit;
  const one = (key: string): string | undefined => lastValue(document, type, key);
  const all = (key: string): readonly string[] => valuesOf(document, type, key).map(({ value }) => composeWord(value));
  const [gateways, ranges] = [all("Gateway"), all("IPRange")];
  const config = all("Subnet").map((subnet, index) => ({
    subnet,
    ...(gateways[index] === undefined ? {} : { gateway: gateways[index] }),
    ...(ranges[index] === undefined ? {} : { ip_range: ranges[index] }),
  }));
  const driver = one("IPAMDriver");
  for (const section of document.sections.filter(({ name }) => name === "Network"))
    for (const entry of section.entries)
      if (entry.kind === "pair" && !known.has(entry.key)) context.leave(unit, entry, "Compose has no such key for a network");
  return {
    name: unit.object,
    ...(one("Driver") === undefined ? {} : { driver: one("Driver") ?? "" }),
    ...(isYes(one("Internal")) ? { internal: true } : {}),
    ...(isYes(one("IPv6")) ? { enable_ipv6: true } : {}),
    ...(config.length === 0 && driver === undefined
      ? {}
      : { ipam: { ...(driver === undefined ? {} : { driver }), ...(config.length === 0 ? {} : { config }) } }),
    ...mapOf("driver_opts", all("Options")),
    ...mapOf("labels", all("Label")),
  };
}

export function mapOf(field: string, items: readonly string[]): Fields {
  return items.length === 0 ? {} : { [field]: composeMap(items) };
}
