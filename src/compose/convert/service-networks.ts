/** Which networks a service joins, under which names and addresses. */
import { isIP } from "node:net";
import type { Place } from "../../domain/errors.ts";
import type { ComposeNode } from "../node.ts";
import type { ProjectDraft, ServiceDraft } from "./drafts.ts";
import { unitFile } from "./names.ts";
import { refuse, risk, tell } from "./notes.ts";
import { externalName, isExternalNode } from "./put-mounts.ts";
import { put, putRaw } from "./unit.ts";
import { isNull, itemsOf, memberOf, textOf, textsOf } from "./values.ts";

type Join = { readonly name: string; readonly options: ComposeNode | undefined; readonly place: Place };

export function putNetworks(service: ServiceDraft): void {
  const { node, name, unit, notes } = service;
  const mode = memberOf(node, "network_mode");
  const networks = memberOf(node, "networks");
  const path = `services.${name}`;
  if (!isNull(mode) && mode !== undefined) {
    if (!isNull(networks)) refuse(notes, `${path}.network_mode`, mode.place, "it excludes networks");
    putMode(mode, service, `${path}.network_mode`);
    return;
  }
  const joins = joinsOf(networks, service.place).toSorted((a, b) => priority(b) - priority(a));
  if (joins.length === 0) joins.push({ name: "default", options: undefined, place: service.place });
  // Others find it by its service's name, whatever its container is called.
  for (const alias of [name, ...(service.all.linkAliases.get(name) ?? [])])
    put(unit, "NetworkAlias", alias, { path, place: service.place }, notes);
  const ownMac = textOf(memberOf(node, "mac_address"));
  for (const [index, join] of joins.entries()) putJoin(join, index === 0 ? ownMac : "", service);
}

function joinsOf(node: ComposeNode | undefined, place: Place): Join[] {
  if (node?.kind === "map") return node.entries.map(({ key, keyPlace, value }) => ({ name: key, options: value, place: keyPlace }));
  return itemsOf(node).map((item) => ({ name: textOf(item), options: undefined, place: item.place ?? place }));
}

/** Podman takes the first network for the one that leads outside. */
function priority({ options }: Join): number {
  return Number(textOf(memberOf(options, "gw_priority")) || textOf(memberOf(options, "priority")) || 0);
}

function putJoin({ name, options, place }: Join, mac: string, { all, name: service, unit, notes }: ServiceDraft): void {
  const path = `services.${service}.networks.${name}`;
  const network = networkOf(all, name);
  if (network === undefined) {
    refuse(notes, path, place, `no network ${JSON.stringify(name)} stands under networks`);
    return;
  }
  const get = (key: string): string => textOf(memberOf(options, key));
  const parts = [
    ...textsOf(memberOf(options, "aliases"))
      .filter((alias) => alias !== service)
      .map((alias) => `alias=${alias}`),
    ...["ipv4_address", "ipv6_address"].flatMap((key) => addressPart(get(key))),
    ...[get("mac_address") || mac].filter((one) => one !== "").map((one) => `mac=${one}`),
    ...[get("interface_name")].filter((one) => one !== "").map((one) => `interface_name=${one}`),
  ];
  put(unit, "Network", `${network}${parts.length === 0 ? "" : `:${parts.join(",")}`}`, { path, place }, notes);
}

function addressPart(address: string): readonly string[] {
  return isIP(address) === 0 ? [] : [`${isIP(address) === 6 ? "ip6" : "ip"}=${address}`];
}

/** What `Network=` says for a network of the project. */
export function networkOf(all: ProjectDraft, name: string): string | undefined {
  const network = all.networks.get(name);
  if (network === undefined && name !== "default") return undefined;
  if (network !== undefined && isExternalNode(memberOf(network.value, "external"))) return externalName(network.value, name);
  all.used.networks.add(name);
  return unitFile(all, name, "network");
}

function putMode(node: ComposeNode, service: ServiceDraft, path: string): void {
  const { all, unit, notes } = service;
  const [, kind = "", of = ""] = /^(service|container):([A-Za-z0-9_.-]+)$/u.exec(textOf(node)) ?? [];
  const mode = kind === "" ? textOf(node) : kind;
  const place = node.place;
  if (mode === "host")
    risk(notes, path, place, "It shares the host's network: every port of the host is within its reach, loopback included.");
  if (mode === "service") {
    if (!all.services.has(of)) {
      refuse(notes, path, place, `no service ${JSON.stringify(of)} stands under services`);
      return;
    }
    putRaw(unit, "Network", unitFile(all, of, "container"), place);
    return;
  }
  if (mode === "container") {
    tell(notes, {
      verdict: "changed",
      key: path,
      place,
      message: `The container ${of} is no part of the project: nothing starts it first.`,
      remedy: "Name a service of the project: network_mode: service:NAME.",
    });
    put(unit, "Network", `container:${of}`, { path, place }, notes);
    return;
  }
  if (!["host", "none", "bridge", "default"].includes(mode)) {
    refuse(notes, path, place, "it takes host, none, bridge, service:NAME or container:NAME");
    return;
  }
  put(unit, "Network", mode === "default" ? "bridge" : mode, { path, place }, notes);
}

/** Whether a service has a network in which names and probes work. */
export function hasOwnNetwork(service: ComposeNode): boolean {
  const mode = textOf(memberOf(service, "network_mode"));
  return mode === "" || mode === "bridge" || mode === "default" || mode === "host";
}
