import type { Issue } from "../domain/errors.ts";
import type { GenerationUnit } from "../domain/generation.ts";
import type { PublishedPort } from "../domain/policy.ts";

export type PortFacts = {
  readonly listeners: readonly { readonly address: string; readonly port: number; readonly owner?: string }[];
  /** What the running generation publishes: those listeners are our own. */
  readonly ours: readonly PublishedPort[];
};

const everywhere = new Set(["0.0.0.0", "::", "", "*"]);

/** Published ports that somebody else listens on, and ports that two units of the stack both want. */
export function checkPorts(units: readonly GenerationUnit[], facts: PortFacts): readonly Issue[] {
  const issues: Issue[] = [];
  const seen: { readonly unit: GenerationUnit; readonly port: PublishedPort }[] = [];
  for (const unit of units) {
    for (const port of unit.ports) {
      if (port.hostPort === 0) continue;
      const twin = seen.find(
        (other) =>
          other.port.hostPort === port.hostPort && other.port.protocol === port.protocol && meets(other.port.hostAddress, port.hostAddress),
      );
      seen.push({ unit, port });
      if (twin !== undefined) issues.push(taken(unit, port, `${twin.unit.file} publishes it too`));
      if (port.protocol !== "tcp" || facts.ours.some((own) => own.hostPort === port.hostPort && own.protocol === "tcp")) continue;
      const listener = facts.listeners.find((other) => other.port === port.hostPort && meets(other.address, port.hostAddress));
      if (listener !== undefined) issues.push(taken(unit, port, `${listener.owner ?? "another process"} listens there`));
    }
  }
  return issues;
}

function meets(a: string, b: string): boolean {
  return a === b || everywhere.has(a) || everywhere.has(b);
}

function taken(unit: GenerationUnit, port: PublishedPort, why: string): Issue {
  return {
    severity: "error",
    code: "port-taken",
    message: `Cannot publish ${port.hostAddress === "" ? "" : `${port.hostAddress}:`}${port.hostPort}: ${why}.`,
    place: { file: unit.file },
  };
}
