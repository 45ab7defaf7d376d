import { Resolver } from "node:dns/promises";
import { isIPv6 } from "node:net";
import type { Ms } from "../../domain/words.ts";
import { bridgeTo, type Uncovered } from "./coverage.ts";
import { closeBridge } from "./forwarding.ts";
import { failure, type Target, unasked, type Verdict } from "./question.ts";

/** `from` = the bridge's own address: a question bound to it cannot leave by another way. */
export type Located = { readonly address: string; readonly from: string } | { readonly verdict: Verdict } | NoWay;

export type NoWay = { readonly verdict: Verdict; readonly uncovered: Uncovered };

type NetworkTarget = Extract<Target, { readonly kind: "network" }>;

/** The address of a container on a network, once it is certain that a question to it stays on the machine. */
export async function locate(target: NetworkTarget, timeoutMs: Ms, signal: AbortSignal): Promise<Located> {
  const bridge = bridgeTo(target.gateways);
  if (typeof bridge === "string") return noWayTo(target.address ?? target.gateways[0] ?? target.name, bridge);
  if (target.internal) closeBridge(bridge);
  const addresses =
    target.address === undefined ? await resolve(target.name, { server: bridge.gateway, timeoutMs, signal }) : [target.address];
  if (!Array.isArray(addresses)) return noWay(target) ?? { verdict: addresses as Verdict };
  // A container on two networks may be known by both addresses.
  const address = addresses.find(bridge.covers);
  const from = bridge.addresses.find((own) => isIPv6(own) === isIPv6(address ?? "") && !own.startsWith("fe80:"));
  if (address !== undefined && from !== undefined) return { address, from };
  return noWayTo(addresses[0] ?? target.name, "network");
}

/** Looks again: undefined = the network's bridge is there. */
export function noWay(target: NetworkTarget): NoWay | undefined {
  const bridge = bridgeTo(target.gateways, true);
  return typeof bridge === "string" ? noWayTo(target.address ?? target.gateways[0] ?? target.name, bridge) : undefined;
}

function noWayTo(address: string, uncovered: Uncovered): NoWay {
  return { verdict: unasked(`no interface covers ${address}`), uncovered };
}

type Lookup = { readonly server: string; readonly timeoutMs: Ms; readonly signal: AbortSignal };

/** What the network's DNS says about a name. Two look-ups together have no more time than one. */
async function resolve(name: string, { server, timeoutMs, signal }: Lookup): Promise<readonly string[] | Verdict> {
  const resolver = resolverFor(server, Math.max(1, Math.ceil(timeoutMs)));
  // A name with a dot would be handed on to the machine's own DNS servers.
  const asked = name.includes(".") ? `${name}.dns.podman` : name;
  try {
    return await orAborted(resolver.resolve4(asked), signal);
  } catch (error) {
    if (codeOf(error) !== "ENODATA") return verdictOf(error, name);
  }
  try {
    return await orAborted(resolver.resolve6(asked), signal);
  } catch (error) {
    return verdictOf(error, name);
  }
}

/** A new resolver costs four times as much as a question to one that is there. None caches answers: addresses change at every start. */
const resolvers = new Map<string, Resolver>();
/** Networks come and go: whoever has seen this many begins anew. */
const mostResolvers = 64;

function resolverFor(server: string, timeoutMs: Ms): Resolver {
  const key = `${server} ${timeoutMs}`;
  const known = resolvers.get(key);
  if (known !== undefined) return known;
  if (resolvers.size >= mostResolvers) resolvers.clear();
  const resolver = new Resolver({ timeout: timeoutMs, tries: 1 });
  resolver.setServers([server.includes(":") ? `[${server}]` : server]);
  // Its own bridge or none: without it the question would follow the default route.
  if (isIPv6(server)) resolver.setLocalAddress("0.0.0.0", server);
  else resolver.setLocalAddress(server);
  resolvers.set(key, resolver);
  return resolver;
}

/** Others may be asking the same resolver: a question is let go of, not cancelled. Its own timeout ends it. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return await new Promise((resolve, reject) => {
    const abort = (): void => reject(Object.assign(new Error("no time is left"), { code: "ETIMEOUT" }));
    signal.addEventListener("abort", abort, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
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
