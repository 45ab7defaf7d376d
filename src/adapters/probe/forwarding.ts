import { readFileSync, writeFileSync } from "node:fs";
import { isIPv6 } from "node:net";
import type { Bridge } from "./coverage.ts";

/**
 * Netavark 1.14 closes the bridge of an internal network by forbidding forwarding there. When the first ordinary network comes up later, it
 * switches forwarding on in the whole namespace, and the kernel does so at every bridge that is there: the neighbours get in. The prober's
 * unit sees to it that the switch is on before any network is; what was opened otherwise (networks that were there before the prober,
 * a person's hand) is closed by the next probe that passes. To look costs 17 µs.
 */
export function closeBridge({ device, addresses }: Bridge): void {
  for (const family of new Set(addresses.filter((address) => !address.startsWith("fe80:")).map(familyOf))) {
    const path = `/proc/sys/net/${family}/conf/${device}/forwarding`;
    try {
      if (readFileSync(path, "latin1").startsWith("0")) continue;
      writeFileSync(path, "0");
      process.stderr.write(`The bridge ${device} of an internal network was open to other networks (${family}); it is closed again.\n`);
    } catch {
      // It went away, or nobody may change it here: `phoenix verify` tries the network from inside and tells.
    }
  }
}

const familyOf = (address: string): "ipv4" | "ipv6" => (isIPv6(address) ? "ipv6" : "ipv4");
