import type { TcpNetConnectOpts } from "node:net";

/**
 * Where a question goes: the address to connect to, and the name to call it by (Host header, TLS server name). `from` = the address of
 * this machine to connect from.
 */
export type Spot = { readonly address: string; readonly name: string; readonly port: number; readonly from?: string };

/** How to connect there. */
export function connectionTo({ address, port, from }: Spot): TcpNetConnectOpts {
  return { host: address, port, ...(from === undefined ? {} : { localAddress: from }) };
}
