import { BlockList, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import type { Ms } from "../../domain/words.ts";

/** An interface of this network namespace that carries addresses. */
type Interface = { readonly name: string; readonly addresses: readonly { readonly address: string; readonly cidr: string }[] };

/** A network's bridge in this namespace: its own addresses, and what else it reaches. */
export type Bridge = {
  readonly device: string;
  readonly gateway: string;
  readonly addresses: readonly string[];
  readonly covers: (address: string) => boolean;
};

/** `bare` = nothing but the loopback interface is left: the namespace was replaced and this process sits in the old one. */
export type Uncovered = "bare" | "network";

/**
 * How long a bridge that was seen counts as there. Looking costs as much as the rest of a probe where twenty containers run; whoever
 * asks by way of a bridge binds to its address, so one that is gone meanwhile refuses the question instead of letting it out.
 */
const freshMs: Ms = 10_000;

const seen = new Map<string, { readonly atMs: Ms; readonly bridge: Bridge }>();

/** The bridge that has one of the gateways; `isAnew` = do not believe what was seen before. */
export function bridgeTo(gateways: readonly string[], isAnew = false): Bridge | Uncovered {
  const key = gateways.join();
  const known = seen.get(key);
  if (!isAnew && known !== undefined && performance.now() - known.atMs < freshMs) return known.bridge;
  seen.delete(key);
  const interfaces = currentInterfaces();
  const bridge = findBridge(interfaces, gateways);
  if (bridge === undefined) return interfaces.every(({ name }) => name === "lo") ? "bare" : "network";
  seen.set(key, { atMs: performance.now(), bridge });
  return bridge;
}

function currentInterfaces(): readonly Interface[] {
  return Object.entries(networkInterfaces()).map(([name, rows]) => ({
    name,
    addresses: (rows ?? []).flatMap(({ address, cidr }) => (cidr === null ? [] : [{ address, cidr }])),
  }));
}

/**
 * Which of the gateways belongs to this namespace, and what else its bridge reaches. Only the bridge counts: a default route, or the
 * machine's own subnet that pasta copies into the namespace, leads out of the machine and would get answers from strangers.
 */
function findBridge(interfaces: readonly Interface[], gateways: readonly string[]): Bridge | undefined {
  for (const { name, addresses } of interfaces) {
    const gateway = gateways.find((candidate) => addresses.some(({ address }) => address === candidate));
    if (gateway === undefined) continue;
    const subnets = new BlockList();
    for (const { cidr } of addresses) addSubnet(subnets, cidr);
    return {
      device: name,
      gateway,
      addresses: addresses.map(({ address }) => address),
      covers: (address) => subnets.check(address, isIPv6(address) ? "ipv6" : "ipv4"),
    };
  }
  return undefined;
}

function addSubnet(subnets: BlockList, cidr: string): void {
  const [address = "", prefix = ""] = cidr.split("/");
  subnets.addSubnet(address, Number(prefix), isIPv6(address) ? "ipv6" : "ipv4");
}
