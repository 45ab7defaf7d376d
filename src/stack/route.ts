/**
 * Where probes are sent from (D8). Rootless containers have no address that the machine could reach: a bridge network lives in the
 * rootless network namespace, and its DNS knows a container by its name and the members of a pod by the pod's only.
 */
import type { GenerationUnit } from "../domain/generation.ts";
import type { Probe, ProbeRoute, PublishedPort } from "../domain/policy.ts";
import type { UnitDocument } from "../quadlet/document.ts";
import type { UnitType } from "../quadlet/names.ts";
import { isNetworkProbe } from "./probe.ts";
import { head, isYes, lastValue, valuesOf } from "./values.ts";

type RouteUnit = {
  readonly type: UnitType;
  readonly object: string;
  readonly document: UnitDocument;
  readonly networks: readonly string[];
};

/** `pod` is the unit of the pod that a container belongs to, `network` finds the unit of a network of this stack. */
export type RouteContext = {
  readonly pod: RouteUnit | undefined;
  readonly network: (object: string) => UnitDocument | undefined;
};

/** How a network probe without a host reaches a unit. The port of `host` is a place holder: `routeFor` fills in the probe's. */
export function baseRoute(unit: RouteUnit, { pod, network }: RouteContext): ProbeRoute {
  const shared = pod ?? unit;
  const modes = valuesOf(shared.document, shared.type, "Network").map(({ value }) => head(value));
  if (unit.type === "kube") return { via: "host", host: "127.0.0.1", port: 0 };
  if (modes.includes("none")) return { via: "container", container: unit.object };
  if (modes.includes("host")) return { via: "host", host: "127.0.0.1", port: 0 };
  const named = shared.networks.find((name) => hasNames(name, network(name)));
  return named === undefined ? { via: "namespace", container: unit.object } : { via: "prober", network: named, name: shared.object };
}

/** Podman's default network has no DNS, nor has one that switches it off. */
function hasNames(name: string, document: UnitDocument | undefined): boolean {
  if (document === undefined) return name !== "podman";
  const driver = lastValue(document, "network", "Driver") ?? "bridge";
  return driver === "bridge" && !isYes(lastValue(document, "network", "DisableDNS"));
}

/** Where this probe of this unit is sent from. `unit.route` only says how a network probe without a host reaches the unit. */
export function routeFor(unit: Pick<GenerationUnit, "object" | "route" | "ports">, probe: Probe): ProbeRoute {
  if (probe.kind === "unit") return { via: "systemd" };
  const inside: ProbeRoute = { via: "container", container: unit.object };
  if (!isNetworkProbe(probe)) return inside;
  if (probe.host !== undefined) return { via: "host", host: probe.host, port: probe.port };
  const base = unit.route ?? inside;
  if (base.via === "host") return { ...base, port: probe.port };
  const published = unit.ports.find((port) => port.containerPort === probe.port && port.protocol === "tcp");
  if (base.via === "namespace" && published !== undefined) return { via: "host", host: reachable(published), port: published.hostPort };
  return base;
}

function reachable({ hostAddress }: PublishedPort): string {
  if (hostAddress === "0.0.0.0") return "127.0.0.1";
  return hostAddress === "::" ? "::1" : hostAddress;
}

/** A route as the end of a sentence: "in network phoenix-net, to web". */
export function showRoute(route: ProbeRoute): string {
  switch (route.via) {
    case "prober":
      return `in network ${route.network}, to ${route.name}`;
    case "host":
      return `from this machine, to ${route.host.includes(":") ? `[${route.host}]` : route.host}:${route.port}`;
    case "namespace":
      return `in the network namespace of ${route.container}`;
    case "container":
      return `inside of ${route.container}`;
    case "systemd":
      return "by systemd's word";
  }
}
