/** Limits: processors, memory, processes. */
import type { ComposeNode } from "../node.ts";
import type { LinesDraft, ServiceDraft } from "./drafts.ts";
import { secondsOf } from "./durations.ts";
import { refuse } from "./notes.ts";
import { put, putArguments, putInto } from "./unit.ts";
import { assignmentsOf, isOn, itemsOf, memberOf, textOf } from "./values.ts";

/** `--flag=value`, for what no key stands for. */
export function byArgument(flag: string) {
  return (node: ComposeNode, { unit, notes }: LinesDraft, path: string): void => {
    const value = textOf(node);
    if (value !== "") putArguments(unit, [`${flag}=${value}`], { path, place: node.place }, notes);
  };
}

export function bySwitch(flag: string) {
  return (node: ComposeNode, { unit, notes }: LinesDraft, path: string): void => {
    if (isOn(node)) putArguments(unit, [flag], { path, place: node.place }, notes);
  };
}

/** `Key=value` as it is. */
export function byKey(key: string) {
  return (node: ComposeNode, { unit, notes }: LinesDraft, path: string): void => {
    for (const item of itemsOf(node)) if (textOf(item) !== "") put(unit, key, textOf(item), { path, place: item.place }, notes);
  };
}

/** `Key=true`; false is what Podman does anyway. */
export function byBoolean(key: string) {
  return (node: ComposeNode, { unit, notes }: LinesDraft, path: string): void => {
    if (isOn(node)) put(unit, key, "true", { path, place: node.place }, notes);
  };
}

/** Sizes without the spaces that Compose allows in them. */
export function bySize(key: string | undefined, flag: string) {
  return (node: ComposeNode, { unit, notes }: LinesDraft, path: string): void => {
    const value = textOf(node).replaceAll(" ", "");
    const from = { path, place: node.place };
    // Zero means no limit in Compose.
    if (value === "" || value === "0") return;
    if (key === undefined) putArguments(unit, [`${flag}=${value}`], from, notes);
    else put(unit, key, value, from, notes);
  };
}

/** Sysctls, one a line. */
export function putSysctls(node: ComposeNode, { unit, notes }: LinesDraft, path: string): void {
  for (const { name, value = "", place } of assignmentsOf(node)) {
    if (/^[\w./-]+$/u.test(name) && value !== "") put(unit, "Sysctl", `${name}=${value}`, { path: `${path}.${name}`, place }, notes);
    else refuse(notes, `${path}.${name}`, place, "it is no name and value of a kernel setting");
  }
}

export function putUlimits(node: ComposeNode, { unit, notes }: LinesDraft, path: string): void {
  for (const { key, keyPlace, value } of node.kind === "map" ? node.entries : []) {
    const soft = textOf(value.kind === "map" ? memberOf(value, "soft") : value);
    const hard = textOf(memberOf(value, "hard"));
    const limits = [soft, hard].filter((one) => one !== "");
    const isNumber = limits.length > 0 && limits.every((one) => /^-?\d+$/u.test(one));
    const from = { path: `${path}.${key}`, place: keyPlace };
    const limit = `${key}=${limits.join(":")}`;
    if (/^[a-z]+$/u.test(key) && isNumber)
      unit.type === "build" ? putArguments(unit, [`--ulimit=${limit}`], from, notes) : put(unit, "Ulimit", limit, from, notes);
    else refuse(notes, `${path}.${key}`, keyPlace, "it takes a number, or soft and hard");
  }
}

/** Two keys, or one argument where one of the two could not hold its half: `Group=` cannot stand alone. */
export function putUser(node: ComposeNode, { unit, notes }: LinesDraft, path: string): void {
  const text = textOf(node);
  const from = { path, place: node.place };
  if (text === "") return;
  const [, user = "", group] = /^([^:]+)(?::([^:]+))?$/u.exec(text) ?? [];
  if (user === "") refuse(notes, path, node.place, "it takes USER or USER:GROUP");
  else if (!/^[\w.@-]+$/u.test(user + (group ?? ""))) putArguments(unit, [`--user=${text}`], from, notes);
  else {
    put(unit, "User", user, from, notes);
    if (group !== undefined) put(unit, "Group", group, from, notes);
  }
}

/** systemd must wait longer than Podman does; its own limit is 90 s. */
export function putGracePeriod(node: ComposeNode, { unit, notes }: LinesDraft, path: string): void {
  const seconds = secondsOf(textOf(node));
  put(unit, "StopTimeout", String(seconds), { path, place: node.place }, notes);
  if (seconds > 75) putInto(unit, "Service", "TimeoutStopSec", String(seconds + 15), node.place);
}

/** `name:address`, `name=address`, or a map of them. */
export function putHosts(node: ComposeNode, { unit, notes }: LinesDraft, path: string): void {
  const pairs =
    node.kind === "map"
      ? node.entries.flatMap(({ key, value }) => itemsOf(value).map((item) => [`${key}=${textOf(item)}`, item] as const))
      : itemsOf(node).map((item) => [textOf(item), item] as const);
  for (const [text, { place }] of pairs) {
    const [, name, address] = /^([A-Za-z0-9_.*-]+)[:=]\[?(host-gateway|[\da-fA-F:.]+)\]?$/u.exec(text) ?? [];
    if (name === undefined || address === undefined) refuse(notes, path, place, "it takes name:address");
    else put(unit, "AddHost", `${name}:${address}`, { path, place }, notes);
  }
}

/** Podman has one name for both. */
export function putHostName(service: ServiceDraft): void {
  const host = memberOf(service.node, "hostname");
  const domain = memberOf(service.node, "domainname");
  const node = host ?? domain;
  const name = [host, domain]
    .map(textOf)
    .filter((part) => part !== "")
    .join(".");
  if (node === undefined || name === "") return;
  const path = `services.${service.name}.${host === undefined ? "domainname" : "hostname"}`;
  put(service.unit, "HostName", name, { path, place: node.place }, service.notes);
}

export function putExpose(node: ComposeNode, { unit, notes }: LinesDraft, path: string): void {
  for (const item of itemsOf(node)) {
    const text = textOf(item).toLowerCase();
    // An unset variable leaves nothing, and nothing to open.
    if (text === "") continue;
    if (/^\d{1,5}(?:-\d{1,5})?(?:\/(?:tcp|udp|sctp))?$/u.test(text)) put(unit, "ExposeHostPort", text, { path, place: item.place }, notes);
    else refuse(notes, path, item.place, "it takes a port or a range of ports, and /udp behind it");
  }
}
