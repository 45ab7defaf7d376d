import { BlockList, isIPv6 } from "node:net";
import { networkInterfaces } from "node:os";
import type { Ms } from "../../domain/words.ts";

/** An interface of this network namespace that carries addresses. */
type Interface = { readonly name: string; readonly addresses: readonly { readonly address: string; readonly cidr: string }[] };

/** Bridges come and go with their containers; questions that are asked together are asked of the same ones. */
const freshMs: Ms = 10;
let last: { readonly atMs: Ms; readonly interfaces: readonly Interface[] } | undefined;

/** The interfaces that are up now: reading them costs a tenth of a probe. */
export function currentInterfaces(): readonly Interface[] {
  const nowMs = performance.now();
  if (last === undefined || nowMs - last.atMs > freshMs) last = { atMs: nowMs, interfaces: readInterfaces() };
  return last.interfaces;
}

function readInterfaces(): readonly Interface[] {
  return Object.entries(networkInterfaces()).map(([name, rows]) => ({
    name,
    addresses: (rows ?? []).flatMap(({ address, cidr }) => (cidr === null ? [] : [{ address, cidr }])),
  }));
}

/** Whether nothing but the loopback interface is left: the namespace was replaced and this process sits in the old one. */
export function isBare(interfaces: readonly Interface[]): boolean {
  return interfaces.every(({ name }) => name === "lo");
}

/**
 * Which of the gateways belongs to this namespace, and what else its bridge reaches. Only the bridge counts: a default route, or the
 * machine's own subnet that pasta copies into the namespace, leads out of the machine and would get answers from strangers.
 */
export function findBridge(
  interfaces: readonly Interface[],
  gateways: readonly string[],
): { readonly gateway: string; readonly covers: (address: string) => boolean } | undefined {
  for (const { addresses } of interfaces) {
    const gateway = gateways.find((candidate) => addresses.some(({ address }) => address === candidate));
    if (gateway === undefined) continue;
    const subnets = new BlockList();
    for (const { cidr } of addresses) addSubnet(subnets, cidr);
    return { gateway, covers: (address) => subnets.check(address, isIPv6(address) ? "ipv6" : "ipv4") };
  }
  return undefined;
}

function addSubnet(subnets: BlockList, cidr: string): void {
  const [address = "", prefix = ""] = cidr.split("/");
  subnets.addSubnet(address, Number(prefix), isIPv6(address) ? "ipv6" : "ipv4");
}
