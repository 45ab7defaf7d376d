/** Where a question goes: the address to connect to, and the name to call it by (Host header, TLS server name). */
export type Spot = { readonly address: string; readonly name: string; readonly port: number };
