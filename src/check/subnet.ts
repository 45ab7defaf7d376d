import { BlockList, isIP } from "node:net";

/** Whether two CIDR ranges share an address. Ranges of different families, and text that is no range, never do. */
export function overlaps(a: string, b: string): boolean {
  const [first, second] = [parse(a), parse(b)];
  if (first === undefined || second === undefined || first.family !== second.family) return false;
  return contains(first, second.address) || contains(second, first.address);
}

type Range = { readonly address: string; readonly prefix: number; readonly family: "ipv4" | "ipv6" };

function parse(text: string): Range | undefined {
  const [address = "", prefix = ""] = text.split("/");
  const version = isIP(address);
  const bits = Number(prefix);
  if (version === 0 || prefix === "" || !Number.isInteger(bits) || bits < 0 || bits > (version === 4 ? 32 : 128)) return undefined;
  return { address, prefix: bits, family: version === 4 ? "ipv4" : "ipv6" };
}

function contains(range: Range, address: string): boolean {
  const list = new BlockList();
  list.addSubnet(range.address, range.prefix, range.family);
  return list.check(address, range.family);
}
