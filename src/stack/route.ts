import type { GenerationUnit } from "../domain/generation.ts";
import type { Probe, ProbeRoute } from "../domain/policy.ts";

/** Where this probe of this unit is sent from (D8). `unit.route` only says how a network probe without a host reaches the unit. */
export function routeFor(_unit: GenerationUnit, _probe: Probe): ProbeRoute {
  return { via: "systemd" };
}

/** The part of a sentence for people: `through network phoenix-net to web`. */
export function showRoute(_route: ProbeRoute): string {
  return "";
}
