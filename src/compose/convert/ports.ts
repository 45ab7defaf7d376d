/** Published ports: `[address:][host port:]port[/protocol]`, and the long form of the same. */
import { isIP } from "node:net";
import type { ComposeNode } from "../node.ts";
import type { ServiceDraft } from "./drafts.ts";
import { refuse, tell } from "./notes.ts";
import { put } from "./unit.ts";
import { itemsOf, memberOf, textOf } from "./values.ts";

type Port = { readonly address: string; readonly host: string; readonly inside: string; readonly protocol: string };

export function putPorts(node: ComposeNode, service: ServiceDraft, path: string): void {
  itemsOf(node).forEach((item, index) => {
    const from = { path: `${path}[${index}]`, place: item.place };
    const port = item.kind === "map" ? longPort(item) : shortPort(textOf(item));
    const problem = port === undefined ? "it is not [address:][host port:]port[/protocol]" : problemOf(port);
    if (port === undefined || problem !== undefined) {
      refuse(service.notes, from.path, from.place, problem ?? "");
      return;
    }
    for (const one of singly(onePortEach(port, service, from))) put(service.unit, "PublishPort", showPort(one), from, service.notes);
    warnLow(port, service, from);
  });
}

function longPort(node: ComposeNode): Port {
  const get = (key: string): string => textOf(memberOf(node, key));
  return { address: get("host_ip"), host: get("published"), inside: get("target"), protocol: get("protocol").toLowerCase() || "tcp" };
}

function shortPort(text: string): Port | undefined {
  const [, rest = "", protocol = "tcp"] = /^([^/]*)(?:\/(\w+))?$/u.exec(text) ?? [];
  const [, bracketed, behind] = /^\[([^\]]*)\](?::(.*))?$/u.exec(rest) ?? [];
  const parts = (bracketed === undefined ? rest : (behind ?? "")).split(":");
  const inside = parts.pop() ?? "";
  const host = parts.pop() ?? "";
  const address = bracketed ?? parts.join(":");
  return inside === "" ? undefined : { address, host, inside, protocol: protocol.toLowerCase() };
}

function problemOf({ address, host, inside, protocol }: Port): string | undefined {
  if (rangeOf(inside) === undefined) return `${JSON.stringify(inside)} is no port or range of ports from 1 to 65535`;
  // Port 0 is how some write "any".
  if (host !== "" && host !== "0" && rangeOf(host) === undefined)
    return `${JSON.stringify(host)} is no port or range of ports from 1 to 65535`;
  if (address !== "" && isIP(address) === 0) return `${JSON.stringify(address)} is no IP address`;
  if (!["tcp", "udp", "sctp"].includes(protocol)) return `${JSON.stringify(protocol)} is none of tcp, udp, sctp`;
  const [outer, inner] = [rangeOf(host), rangeOf(inside)];
  if (outer === undefined || inner === undefined || outer.count === inner.count || inner.count === 1) return undefined;
  return `${outer.count} host ports do not match ${inner.count} ports of the container`;
}

function rangeOf(text: string): { readonly first: number; readonly count: number } | undefined {
  const [, low, high] = /^(\d{1,5})(?:-(\d{1,5}))?$/u.exec(text) ?? [];
  const first = Number(low ?? 0);
  const last = Number(high ?? first);
  return first < 1 || last > 65_535 || last < first ? undefined : { first, count: last - first + 1 };
}

/** Compose takes any free one of several host ports for one port; Podman has to be told which. */
function onePortEach(port: Port, { notes }: ServiceDraft, from: { readonly path: string; readonly place: ComposeNode["place"] }): Port {
  const outer = rangeOf(port.host);
  if (outer === undefined || outer.count === 1 || rangeOf(port.inside)?.count !== 1) return port;
  tell(notes, {
    verdict: "changed",
    key: from.path,
    place: from.place,
    message: `Compose takes any free port of ${port.host}; Podman takes ${outer.first}.`,
    remedy: "Write the one port that you mean.",
  });
  return { ...port, host: String(outer.first) };
}

const shortRange = 16;

/** A short range is written port by port: what is said of a port later, taken or silent, then names the line. */
function singly(port: Port): readonly Port[] {
  const [outer, inner] = [rangeOf(port.host), rangeOf(port.inside)];
  if (outer === undefined || inner === undefined || outer.count !== inner.count || outer.count > shortRange) return [port];
  return Array.from({ length: outer.count }, (_, index) => ({
    ...port,
    host: String(outer.first + index),
    inside: String(inner.first + index),
  }));
}

function showPort({ address, host, inside, protocol }: Port): string {
  const published = host === "0" ? "" : host;
  const front = address === "" ? "" : `${address.includes(":") ? `[${address}]` : address}:`;
  const middle = published === "" && front === "" ? "" : `${published}:`;
  return `${front}${middle}${inside}${protocol === "tcp" ? "" : `/${protocol}`}`;
}

/** Rootless Podman may not listen there unless the machine allows it. */
function warnLow(
  { host }: Port,
  { notes }: ServiceDraft,
  { path, place }: { readonly path: string; readonly place: ComposeNode["place"] },
): void {
  const first = rangeOf(host)?.first ?? 1024;
  if (first >= 1024) return;
  notes.issues.push({
    severity: "warning",
    code: "compose-value",
    message: `${path} publishes port ${first}: below 1024 a machine lets only root listen, unless it is told otherwise.`,
    place,
    remedy: `Publish a port from 1024 on, or allow it: sysctl net.ipv4.ip_unprivileged_port_start=${first}.`,
  });
}
