import type { Policy, Probe } from "../domain/policy.ts";
import type { UnitFileName } from "../domain/words.ts";
import { lookupLast } from "../quadlet/document.ts";
import { hasHealthCommand, policySection } from "./policy.ts";
import type { Stack, StackUnit } from "./stack.ts";

/** The stack once its images are known: what would be probed by systemd's word only is probed by its image's HEALTHCHECK instead. */
export function withImageHealthcheck(stack: Stack, images: ReadonlyMap<UnitFileName, { readonly hasHealthcheck: boolean }>): Stack {
  return { ...stack, units: stack.units.map((unit) => (images.get(unit.file)?.hasHealthcheck === true ? probed(unit) : unit)) };
}

function probed(unit: StackUnit): StackUnit {
  const command = lookupLast(unit.document, "Container", "HealthCmd");
  if (unit.type !== "container" || unit.policy === undefined || command === "none" || hasHealthCommand(unit.document)) return unit;
  return { ...unit, imageHealthcheck: true, policy: withDefault(unit, unit.policy) };
}

/** Only probes that the source left open; one that says `unit:` in so many words keeps it. */
function withDefault(unit: StackUnit, policy: Policy): Policy {
  const says = (key: string): boolean => lookupLast(unit.document, policySection, key) !== undefined;
  const podman: Probe = { kind: "podman" };
  const liveness = says("Liveness");
  return {
    ...policy,
    startup: says("Startup") || says("Readiness") || liveness ? policy.startup : podman,
    readiness: says("Readiness") || liveness ? policy.readiness : podman,
    liveness: liveness ? policy.liveness : podman,
  };
}
