import { Resolver } from "node:dns/promises";
import type { Ms } from "../../domain/words.ts";
import { currentInterfaces, findBridge, isBare } from "./coverage.ts";
import { type Answer, failure, type Target, unasked, type Verdict } from "./question.ts";

export type Located = { readonly address: string } | { readonly verdict: Verdict; readonly uncovered?: NonNullable<Answer["uncovered"]> };

type NetworkTarget = Extract<Target, { readonly kind: "network" }>;

/** The address of a container on a network, once it is certain that a question to it stays on the machine. */
export async function locate(target: NetworkTarget, timeoutMs: Ms, signal: AbortSignal): Promise<Located> {
  const interfaces = currentInterfaces();
  const uncovered = (address: string): Located => ({
    verdict: unasked(`no interface covers ${address}`),
    uncovered: isBare(interfaces) ? "bare" : "network",
  });
  const bridge = findBridge(interfaces, target.gateways);
  if (bridge === undefined) return uncovered(target.address ?? target.gateways[0] ?? target.name);
  const addresses =
    target.address === undefined ? await resolve(target.name, { server: bridge.gateway, timeoutMs, signal }) : [target.address];
  if (!Array.isArray(addresses)) return { verdict: addresses as Verdict };
  // A container on two networks may be known by both addresses.
  const address = addresses.find(bridge.covers);
  return address === undefined ? uncovered(addresses[0] ?? target.name) : { address };
}

type Lookup = { readonly server: string; readonly timeoutMs: Ms; readonly signal: AbortSignal };

/** What the network's DNS says about a name. A new resolver each time: one that lives on may cache, and addresses change at every start. */
async function resolve(name: string, { server, timeoutMs, signal }: Lookup): Promise<readonly string[] | Verdict> {
  const resolver = new Resolver({ timeout: Math.max(1, Math.ceil(timeoutMs)), tries: 1 });
  // Two look-ups together have no more time than one.
  signal.addEventListener("abort", () => resolver.cancel(), { once: true });
  resolver.setServers([server.includes(":") ? `[${server}]` : server]);
  // A name with a dot would be handed on to the machine's own DNS servers.
  const asked = name.includes(".") ? `${name}.dns.podman` : name;
  try {
    return await resolver.resolve4(asked);
  } catch (error) {
    if (codeOf(error) !== "ENODATA") return verdictOf(error, name);
  }
  try {
    return await resolver.resolve6(asked);
  } catch (error) {
    return verdictOf(error, name);
  }
}

function verdictOf(error: unknown, name: string): Verdict {
  const code = codeOf(error);
  // The network's DNS knows running containers only.
  if (code === "ENOTFOUND" || code === "ENODATA") return failure(`no such name: ${name}`);
  return unasked(`the network's DNS does not answer (${code})`);
}

function codeOf(error: unknown): string {
  return String((error as { readonly code?: unknown }).code ?? "unknown");
}
