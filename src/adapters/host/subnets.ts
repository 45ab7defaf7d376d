import { readFile } from "node:fs/promises";
import { BlockList, isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";

export type Subnet = { readonly subnet: string; readonly owner: string };

/**
 * Subnets of this machine's interfaces. Node leaves out those without a carrier, such as Docker's bridge without containers, which
 * Podman does count: these come from the kernel's routes that have an address of our own in them.
 */
export async function readSubnets(): Promise<readonly Subnet[]> {
  const found = new Map<string, Subnet>();
  for (const [owner, addresses] of Object.entries(networkInterfaces())) {
    for (const { cidr, internal } of addresses ?? []) {
      const subnet = cidr === null || internal ? undefined : baseOf(cidr);
      if (subnet !== undefined) found.set(`${subnet} ${owner}`, { subnet, owner });
    }
  }
  const [routes, trie] = await Promise.all(["route", "fib_trie"].map((name) => readFile(`/proc/net/${name}`, "utf8").catch(() => "")));
  const local = [...(trie ?? "").matchAll(/\|-- ([\d.]+)\n\s+\/32 host LOCAL/gu)].map(([, address]) => address ?? "");
  for (const line of (routes ?? "").split("\n").slice(1)) {
    const [owner, destination, gateway, , , , , mask] = line.split("\t");
    if (owner === undefined || destination === undefined || mask === undefined || gateway !== "00000000") continue;
    const subnet = `${showWord(destination)}/${prefixOf(mask)}`;
    if (prefixOf(mask) > 0 && local.some((address) => covers(subnet, address))) found.set(`${subnet} ${owner}`, { subnet, owner });
  }
  return [...found.values()];
}

/** `172.20.0.5/16` -> `172.20.0.0/16`; IPv6 likewise. */
function baseOf(cidr: string): string | undefined {
  const [address = "", prefix = ""] = cidr.split("/");
  const bits = Number(prefix);
  if (isIPv4(address)) {
    const value = address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);
    const base = value - (value % 2 ** (32 - bits));
    return `${[24, 16, 8, 0].map((shift) => Math.floor(base / 2 ** shift) % 256).join(".")}/${bits}`;
  }
  const [head = "", tail] = (address.split("%")[0] ?? "").split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = tail === undefined ? left : [...left, ...Array<string>(8 - left.length - right.length).fill("0"), ...right];
  const masked = groups.map((group, index) => {
    const kept = Math.min(16, Math.max(0, bits - index * 16));
    return (Number.parseInt(group, 16) & (0xffff << (16 - kept)) & 0xffff).toString(16);
  });
  return `${new URL(`http://[${masked.join(":")}]/`).hostname.slice(1, -1)}/${bits}`;
}

/** Words in the kernel's route table are in the machine's byte order. */
function showWord(hex: string): string {
  return (hex.match(/../gu) ?? [])
    .map((byte) => Number.parseInt(byte, 16))
    .reverse()
    .join(".");
}

function prefixOf(mask: string): number {
  return [...Number.parseInt(mask, 16).toString(2)].filter((bit) => bit === "1").length;
}

function covers(subnet: string, address: string): boolean {
  const [base = "", prefix = ""] = subnet.split("/");
  const list = new BlockList();
  list.addSubnet(base, Number(prefix));
  return list.check(address);
}
