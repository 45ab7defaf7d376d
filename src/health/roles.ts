import { isDeepStrictEqual } from "node:util";
import type { Policy, Probe } from "../domain/policy.ts";

/** What a probe is asked for. */
export type ProbeRole = "startup" | "readiness" | "liveness";

/** In the order in which one answer is judged: startup gates the other two. */
export const probeRoles: readonly ProbeRole[] = ["startup", "readiness", "liveness"];

/** The roles that the same question serves: in the usual case one request answers all three. */
export function rolesOfSameProbe(policy: Policy, role: ProbeRole): readonly ProbeRole[] {
  return probeRoles.filter((other) => isSameProbe(policy[other], policy[role]));
}

/** True where nothing but systemd's word stands behind a service. */
export function isProvenBySystemdOnly(policy: Policy): boolean {
  return probeRoles.every((role) => policy[role].kind === "unit");
}

function isSameProbe(one: Probe, other: Probe): boolean {
  return one === other || isDeepStrictEqual(one, other);
}
