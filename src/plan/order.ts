import type { GenerationUnit } from "../domain/generation.ts";
import type { Step } from "../domain/steps.ts";
import type { GenerationNumber, ServiceName, StackName } from "../domain/words.ts";
import { startOrder } from "../stack/graph.ts";
import type { Change } from "./change.ts";
import { noData, type OwnData } from "./own-data.ts";

export type OrderOptions = {
  readonly stack: StackName;
  readonly generation: GenerationNumber;
  readonly from: GenerationNumber;
  readonly units: readonly GenerationUnit[];
  readonly existingSecrets: readonly string[];
  /** Only `teardown --volumes`. */
  readonly remove?: OwnData;
};

/**
 * Changes -> steps, in the one order that is safe: secrets first; units the next generation lacks are stopped before the switch,
 * because their ExecStop is lost with their file; networks are removed when nobody uses them; starts follow dependencies.
 */
export function orderSteps(changes: readonly Change[], options: OrderOptions): readonly Step[] {
  const { remove = noData } = options;
  const start = positions(options.units);
  const stopFirst = stopping(changes);
  const started = changes.filter((change) => ["start", "restart", "recreate"].includes(change.action));
  const secrets = new Set(started.flatMap((change) => change.unit.policy?.generateSecrets ?? []));
  const reason = new Map(changes.map((change) => [change.service, change.because.join("; ")]));
  const why = (service: ServiceName) => reason.get(service) ?? "";
  return [
    { name: "record-pending", generation: options.generation, from: options.from, because: "from here on a crash is finished or undone" },
    ...[...secrets]
      .filter((secret) => !options.existingSecrets.includes(secret))
      .map((secret): Step => ({ name: "create-secret", secret, because: "GenerateSecret=" })),
    ...stopFirst.map((change): Step => ({ name: "stop-unit", service: change.service, because: why(change.service) })),
    ...changes
      .filter((change) => change.unit.type === "network" && (change.action === "recreate" || change.action === "stop"))
      .map((change): Step => ({ name: "remove-network", network: change.unit.object, because: why(change.service) })),
    ...remove.volumes.map((volume): Step => ({ name: "remove-volume", volume, because: "asked for" })),
    ...remove.secrets.map((secret): Step => ({ name: "remove-secret", secret, because: "asked for" })),
    { name: "switch-link", generation: options.generation, because: "one rename" },
    { name: "reload-manager", stack: options.stack, because: "systemd reads the new units" },
    { name: "check-loaded", generation: options.generation, because: "the units loaded must be these" },
    ...started
      .toSorted((a, b) => (start.get(a.service) ?? 0) - (start.get(b.service) ?? 0))
      .map((change): Step => {
        const alreadyStopped = stopFirst.some((other) => other.service === change.service);
        const name = change.action === "restart" && !alreadyStopped ? "restart-unit" : "start-unit";
        return { name, service: change.service, because: why(change.service) };
      }),
    { name: "await-gate", generation: options.generation, because: "it must prove itself" },
    { name: "record-good", generation: options.generation, because: "it did" },
  ];
}

/** Removed units and the users of recreated networks, dependents first. */
function stopping(changes: readonly Change[]): readonly Change[] {
  const recreated = new Set(changes.filter((change) => change.action === "recreate").map((change) => change.service));
  const stops = changes.filter(
    (change) =>
      change.action === "stop" ||
      change.action === "recreate" ||
      (change.action === "restart" && change.unit.requires.some((service) => recreated.has(service))),
  );
  const order = positions(stops.map((change) => change.unit));
  return stops.toSorted((a, b) => (order.get(b.service) ?? 0) - (order.get(a.service) ?? 0));
}

/** Where each service stands in the start order: dependencies first. */
function positions(units: readonly GenerationUnit[]): ReadonlyMap<ServiceName, number> {
  return new Map(startOrder(units).map((unit, index) => [unit.service, index]));
}
