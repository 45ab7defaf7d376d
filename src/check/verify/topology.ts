import type { GenerationUnit } from "../../domain/generation.ts";
import type { Probe } from "../../domain/policy.ts";
import { parseDocument } from "../../quadlet/parse.ts";
import { isYes, lastValue, valuesOf } from "../../stack/values.ts";

/** Names of the networks that the stack wants to be internal. What they really are is what the tries tell. */
export function internalNetworks(units: readonly GenerationUnit[]): ReadonlySet<string> {
  return new Set(
    units
      .filter((unit) => {
        const document = unit.type === "network" ? parseDocument(unit.text, unit.file).document : undefined;
        return document !== undefined && isYes(lastValue(document, "network", "Internal"));
      })
      .map((unit) => unit.object),
  );
}

/** The names under which the DNS of its networks should know a service. */
export function namesOfUnit(unit: GenerationUnit): readonly string[] {
  const { document } = parseDocument(unit.text, unit.file);
  if (document === undefined || unit.type === "kube") return [];
  // A member of a pod is known by the pod's name only.
  if (unit.type === "container" && lastValue(document, "container", "Pod") !== undefined) return [];
  const aliases = valuesOf(document, unit.type, "NetworkAlias").map(({ value }) => value);
  return [...new Set([unit.object, ...aliases])];
}

/** TCP ports on which a service is known to listen: those that its probes ask, and those that it publishes. */
export function memberPorts(unit: GenerationUnit): readonly number[] {
  const { startup, readiness, liveness } = unit.policy ?? {};
  const probed = [startup, readiness, liveness].flatMap((probe) => portOf(probe) ?? []);
  const published = unit.ports.filter((port) => port.protocol === "tcp").map((port) => port.containerPort);
  return [...new Set([...probed, ...published])];
}

function portOf(probe: Probe | undefined): number | undefined {
  return probe !== undefined && "port" in probe && probe.host === undefined ? probe.port : undefined;
}
