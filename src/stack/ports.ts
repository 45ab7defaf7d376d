/** `PublishPort=`: `[[host address:][host port]:]container port[/protocol]`, ports may be ranges. */
import type { Issue } from "../domain/errors.ts";
import type { PublishedPort } from "../domain/policy.ts";
import type { UnitType } from "../domain/words.ts";
import type { UnitDocument } from "../quadlet/document.ts";
import { type Value, valuesOf } from "./values.ts";

export type ReadPorts = { readonly ports: readonly PublishedPort[]; readonly issues: readonly Issue[] };

const maxPorts = 1000;

/** The ports that a unit publishes under a number that is known beforehand. */
export function readPorts(document: UnitDocument, type: UnitType): ReadPorts {
  const read = valuesOf(document, type, "PublishPort").map(readPort);
  return { ports: read.flatMap((one) => one.ports), issues: read.flatMap((one) => one.issues) };
}

function readPort({ value, pair }: Value): ReadPorts {
  const place = { file: pair.file, line: pair.line };
  const refuse = (because: string): ReadPorts => ({
    ports: [],
    issues: [{ severity: "error", code: "unit-value", message: `Cannot use PublishPort=${value}: ${because}.`, place }],
  });
  const warn = (message: string, remedy: string): ReadPorts => ({
    ports: [],
    issues: [{ severity: "warning", code: "unit-value", message: `PublishPort=${value} ${message}.`, place, remedy }],
  });
  if (/[%$]/u.test(value)) return warn("is known only to systemd, so the port is not checked", "Write the number.");
  const match = /^(?:(?:\[([\da-fA-F:]+)\]|([\d.]*)):)??(?:([\d-]*):)?([\d-]+)(?:\/(\w+))?$/u.exec(value);
  if (match === null) return refuse("it is not [address:][host port:]container port");
  const [, ip6, ip4, host, container = "", protocol = "tcp"] = match;
  if (!["tcp", "udp", "sctp"].includes(protocol)) return refuse(`${protocol} is none of tcp, udp, sctp`);
  const inside = readRange(container);
  if (inside === undefined) return refuse(`${container} is no port or range of ports from 1 to 65535`);
  if (host === undefined || host === "") {
    return warn(
      "lets Podman choose the host port, so the port is not checked",
      `Write the host port too: PublishPort=${container}:${container}.`,
    );
  }
  const outside = readRange(host);
  if (outside === undefined) return refuse(`${host} is no port or range of ports from 1 to 65535`);
  if (outside.length !== inside.length) return refuse(`${outside.length} host ports do not match ${inside.length} container ports`);
  if (protocol === "sctp") return { ports: [], issues: [] };
  const hostAddress = ip6 ?? (ip4 === undefined || ip4 === "" ? "0.0.0.0" : ip4);
  const ports = outside.map((hostPort, index): PublishedPort => {
    return { hostAddress, hostPort, containerPort: inside[index] ?? 0, protocol: protocol === "udp" ? "udp" : "tcp" };
  });
  return { ports, issues: [] };
}

function readRange(text: string): readonly number[] | undefined {
  const [, first, last] = /^(\d{1,5})(?:-(\d{1,5}))?$/u.exec(text) ?? [];
  const from = Number(first ?? 0);
  const to = Number(last ?? from);
  if (from < 1 || to > 65_535 || to < from || to - from >= maxPorts) return undefined;
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

type Publisher = { readonly file: string; readonly type: UnitType; readonly document: UnitDocument };

/** Two units of the stack that want one port of the host. */
export function portClashes(units: readonly Publisher[]): readonly Issue[] {
  const taken: { readonly file: string; readonly port: PublishedPort }[] = [];
  return units.flatMap(({ file, type, document }) =>
    valuesOf(document, type, "PublishPort").flatMap((value) =>
      readPort(value).ports.flatMap((port): readonly Issue[] => {
        const other = taken.find((one) => clash(one.port, port));
        taken.push({ file, port });
        if (other === undefined) return [];
        const owner = other.file === file ? "it" : other.file;
        const message = `Cannot publish port ${port.hostPort} for ${file}: ${owner} already publishes it.`;
        const place = { file: value.pair.file, line: value.pair.line };
        return [{ severity: "error", code: "unit-duplicate", message, place, remedy: "Choose another host port." }];
      }),
    ),
  );
}

function clash(a: PublishedPort, b: PublishedPort): boolean {
  const isEverywhere = a.hostAddress === "0.0.0.0" || b.hostAddress === "0.0.0.0";
  return a.hostPort === b.hostPort && a.protocol === b.protocol && (isEverywhere || a.hostAddress === b.hostAddress);
}
