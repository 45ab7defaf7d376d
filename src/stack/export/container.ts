/** One container as a Compose service. */
import type { ComposeData } from "../../compose/write/text.ts";
import { isPair, lookupPairs, sectionPairs } from "../../quadlet/document.ts";
import type { StackUnit } from "../stack.ts";
import { lastValue, valuesOf } from "../values.ts";
import { imageFields } from "./builds.ts";
import type { ExportContext } from "./context.ts";
import { type Named, networkFields } from "./networks.ts";
import { composePath } from "./paths.ts";
import { argumentField } from "./podman-args.ts";
import { containerRows, type Fields, type Row } from "./rows.ts";
import { secretFields } from "./secrets.ts";
import { serviceRows } from "./service-rows.ts";
import { volumeFields } from "./volumes.ts";
import { composeWord, foreignSpecifiers } from "./words.ts";

/** What services name at the top of the file. */
export type Tops = { readonly networks: Named; readonly volumes: Named; readonly secrets: Named };

export function containerService(unit: StackUnit, tops: Tops, context: ExportContext): Fields {
  const own = keysOf(unit).map((key) => rowFields(unit, key, context));
  const parts = [
    imageFields(unit, context),
    ...own,
    ...podmanArguments(unit, context),
    userField(unit),
    environmentFiles(unit, context),
    volumeFields(unit, tops.volumes, context),
    secretFields(unit, tops.secrets, context),
    connection(unit, tops, context),
    dependencies(unit, context),
    systemdFields(unit, context),
    policyFields(unit),
  ];
  return order(parts.reduce(join, {}));
}

function keysOf(unit: StackUnit): readonly string[] {
  return [...new Set(sectionPairs(unit.document, "Container").map(({ key }) => key))];
}

function rowFields(unit: StackUnit, key: string, context: ExportContext): Fields {
  const row: Row | undefined = Object.hasOwn(containerRows, key) ? containerRows[key as keyof typeof containerRows] : undefined;
  const pairs = lookupPairs(unit.document, "Container", key);
  for (const pair of pairs) {
    const foreign = foreignSpecifiers(pair.value);
    if (foreign.length > 0) context.leave(unit, pair, `only systemd knows what ${foreign.join(" and ")} is`);
    else if (row !== undefined && typeof row === "object") context.leave(unit, pair, row.lost);
  }
  const values = valuesOf(unit.document, "container", key).map(({ value }) => value);
  return typeof row === "function" && values.length > 0 ? row(values) : {};
}

function podmanArguments(unit: StackUnit, context: ExportContext): readonly Fields[] {
  return valuesOf(unit.document, "container", "PodmanArgs").map(({ value, pair }) => {
    const said = argumentField(value);
    if (said === undefined) context.leave(unit, pair, "Compose hands no arguments through", value);
    return said ?? {};
  });
}

function userField(unit: StackUnit): Fields {
  const [user, group] = [lastValue(unit.document, "container", "User"), lastValue(unit.document, "container", "Group")];
  return user === undefined ? {} : { user: composeWord(group === undefined ? user : `${user}:${group}`) };
}

function environmentFiles(unit: StackUnit, context: ExportContext): Fields {
  const files = valuesOf(unit.document, "container", "EnvironmentFile").map(({ value }) => composePath(value, context.folders));
  return files.length === 0 ? {} : { env_file: files };
}

/** Compose has no pods: the first container of one has its ports and networks, and the others share them. */
function connection(unit: StackUnit, { networks }: Tops, context: ExportContext): Fields {
  const file = lastValue(unit.document, "container", "Pod");
  const pod = context.stack.units.find((one) => one.file === file);
  if (pod === undefined) return networkFields(unit, unit, networks, context);
  const first = context.stack.units.find((one) => one.type === "container" && lastValue(one.document, "container", "Pod") === file);
  if (first !== undefined && first !== unit) return { network_mode: `service:${context.serviceOf(first)}` };
  const ports = valuesOf(pod.document, "pod", "PublishPort").map(({ value }) => composeWord(value));
  return { ...networkFields(unit, pod, networks, context), ...(ports.length === 0 ? {} : { ports }) };
}

function dependencies(unit: StackUnit, { stack, serviceOf }: ExportContext): Fields {
  const needed = stack.units.filter((other) => other.type === "container" && unit.after.includes(other.service));
  if (needed.length === 0) return {};
  return { depends_on: Object.fromEntries(needed.map((other) => [serviceOf(other), { condition: conditionOf(other) }])) };
}

function conditionOf(unit: StackUnit): string {
  if (lastValue(unit.document, "container", "Notify") === "healthy") return "service_healthy";
  const type = lookupPairs(unit.document, "Service", "Type").at(-1)?.value;
  return type === "oneshot" ? "service_completed_successfully" : "service_started";
}

function systemdFields(unit: StackUnit, context: ExportContext): Fields {
  const pairs = sectionPairs(unit.document, "Service").filter(({ value }) => value !== "");
  const parts = pairs.map((pair) => {
    const said = Object.hasOwn(serviceRows, pair.key) ? serviceRows[pair.key]?.(pair.value) : undefined;
    if (said === undefined) context.leave(unit, pair, "only systemd has a use for it");
    return said ?? {};
  });
  return Object.assign({}, ...parts);
}

/** Phoenix reads it back; everybody else passes over what begins with `x-`. */
function policyFields(unit: StackUnit): Fields {
  const pairs = unit.document.sections.filter(({ name }) => name === "X-Phoenix").flatMap(({ entries }) => entries.filter(isPair));
  if (pairs.length === 0) return {};
  const fields = [...new Set(pairs.map(({ key }) => key))].map((key) => {
    const words = pairs.filter((pair) => pair.key === key).map(({ value }) => value.replaceAll("$", "$$$$"));
    return [key, words.length === 1 ? (words[0] ?? "") : words] as const;
  });
  return { "x-phoenix": Object.fromEntries(fields) };
}

/** Lists follow each other, maps become one, and of single values the later counts. */
function join(a: Fields, b: Fields): Fields {
  const merged: Record<string, ComposeData> = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const before = merged[key];
    if (Array.isArray(before) && Array.isArray(value)) merged[key] = [...before, ...value];
    else if (isMap(before) && isMap(value)) merged[key] = { ...before, ...value };
    else merged[key] = value;
  }
  return merged;
}

function isMap(value: ComposeData | undefined): value is { readonly [key: string]: ComposeData } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** As a person would write them: what it is, how it is reached, what it needs, what it may. */
const fieldOrder = [
  ...["image", "build", "pull_policy", "container_name", "hostname", "entrypoint", "command", "user", "working_dir"],
  ...["environment", "env_file", "ports", "expose", "volumes", "tmpfs", "secrets", "networks", "network_mode", "depends_on"],
  ...["userns_mode", "read_only", "cap_add", "cap_drop", "security_opt", "healthcheck", "restart", "stop_signal", "stop_grace_period"],
];

function order(fields: Fields): Fields {
  const known = fieldOrder.filter((key) => fields[key] !== undefined);
  const rest = Object.keys(fields).filter((key) => !known.includes(key) && key !== "x-phoenix");
  const last = fields["x-phoenix"] === undefined ? [] : ["x-phoenix"];
  return Object.fromEntries([...known, ...rest, ...last].map((key) => [key, fields[key] ?? null]));
}
