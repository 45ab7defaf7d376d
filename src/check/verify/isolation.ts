import type { Issue } from "../../domain/errors.ts";
import { check, finding } from "./check.ts";
import type { ReachFact } from "./facts.ts";

export const isolationCheck = check(
  "isolation",
  "from inside: what is only on internal networks finds no way out, and what is not on an internal network does not reach its members",
  ["reaches"],
  ({ reaches }) => ({
    seen: reaches.length === 0 ? "no internal network" : tries(reaches.filter(({ outcome }) => typeof outcome === "string").length),
    findings: reaches.flatMap(problem),
    unchecked: reaches.flatMap(({ unit, outcome }) => (typeof outcome === "string" ? [] : [`from ${unit.service}: ${outcome.unknown}`])),
  }),
);

function problem({ unit, to, outcome }: ReachFact): readonly Issue[] {
  // A refusal came from the other side as well; and to the kernel a way out is a way, whoever answers at its end.
  if (outcome !== "connected" && outcome !== "refused") return [];
  if (to.kind === "outside") {
    return [finding("network-open", unit, `${unit.service} is meant for internal networks only, and has a way out (to ${to.address}).`)];
  }
  const { network, service, address, port } = to;
  const message = `${unit.service} reaches ${service} at ${address}:${port}, though it is not on ${network}.`;
  return [finding("network-open", unit, message, closing(network))];
}

/**
 * Seen with netavark 1.14: it forbids forwarding on the bridge of an internal network, and then the first network that is not internal
 * switches forwarding on for every bridge that is there. The prober prevents that, and closes the networks through which it asks.
 */
function closing(network: string): string {
  const bridge = `$(podman network inspect --format '{{.NetworkInterface}}' ${network})`;
  const close = `podman unshare --rootless-netns sh -c "echo 0 >/proc/sys/net/ipv4/conf/${bridge}/forwarding"`;
  return `If nobody joined it by hand, it was there before phoenix-prober.service, or a person opened it. Close it: ${close}`;
}

function tries(number: number): string {
  return number === 1 ? "1 try from inside" : `${number} tries from inside`;
}
