import type { NetworkFact } from "../../domain/observed.ts";
import type { ProbeResult, ProbeRoute } from "../../domain/policy.ts";
import type { ProbeRequest, Prober } from "../../ports/machine.ts";
import { ask } from "./ask.ts";
import { createProberClient, type StartProber } from "./client.ts";
import { probesInContainer } from "./in-container.ts";
import { knownNetworks } from "./networks.ts";
import { answerOf, type NetworkProbe, unasked } from "./question.ts";

export type ProberOptions = {
  /** Where phoenix-prober.service listens; see proberSocketPath. */
  readonly socketPath: string;
  readonly startProber: StartProber;
  /** Podman's own view, asked once a network. */
  readonly findNetwork: (name: string) => Promise<NetworkFact | undefined>;
  /** Asked at every probe of a network without DNS: an address is another container's after a restart. */
  readonly findAddress: (container: string, network: string) => Promise<string | undefined>;
  readonly environment: Readonly<Record<string, string>>;
  readonly selfArgv: readonly [string, ...string[]];
};

/** How the prober begins what the network's DNS says of an unknown name. */
const noSuchName = "no such name";

type Ways = { readonly [V in ProbeRoute["via"]]: (request: ProbeRequest, route: Extract<ProbeRoute, { via: V }>) => Promise<ProbeResult> };

/** Sends every probe the way its route says. */
export function createProber(options: ProberOptions): Prober {
  const client = createProberClient(options.socketPath, options.startProber);
  const networks = knownNetworks(options.findNetwork);
  const inside = probesInContainer(options);

  const ways: Ways = {
    prober: async ({ probe, timeoutMs }, { network, name }) => {
      if (!isNetworkProbe(probe)) return mismatch(probe.kind, "prober");
      const fact = await networks.find(network);
      if (fact === undefined) {
        networks.forget(network);
        return answerOf(unasked(`podman knows no network ${network}`));
      }
      const address = fact.dnsEnabled ? undefined : await options.findAddress(name, network).catch(() => undefined);
      if (!fact.dnsEnabled && address === undefined) return answerOf(unasked(`${name} has no address on ${network}`));
      const { gateways, internal } = fact;
      const target = { kind: "network", gateways, internal, name, ...(address === undefined ? {} : { address }) } as const;
      const answer = await client.ask({ probe: withoutHost(probe), target, timeoutMs });
      const { outcome, detail, latencyMs } = answer.detail.startsWith(noSuchName) ? await askByAddress(answer) : answer;
      if (outcome === "error") networks.forget(network);
      return { outcome, detail, latencyMs };

      /** The network's DNS loses a name now and then when networks come and go. The container is asked all the same, and the answer says so. */
      async function askByAddress(unnamed: ProbeResult): Promise<ProbeResult> {
        const found = await options.findAddress(name, network).catch(() => undefined);
        if (found === undefined) return unnamed;
        const direct = await client.ask({ probe: withoutHost(probe as NetworkProbe), target: { ...target, address: found }, timeoutMs });
        return { ...direct, detail: `${direct.detail}, though ${name} does not resolve` };
      }
    },
    host: async ({ probe, timeoutMs }, { host, port }) => {
      if (!isNetworkProbe(probe)) return mismatch(probe.kind, "host");
      return await ask({ probe, target: { kind: "direct", host, port }, timeoutMs });
    },
    namespace: async ({ probe, timeoutMs }, { container }) =>
      isNetworkProbe(probe) ? await inside.namespace(container, withoutHost(probe), timeoutMs) : mismatch(probe.kind, "namespace"),
    container: async ({ probe, timeoutMs }, { container }) => {
      if (probe.kind === "exec") return await inside.exec(container, probe.argv, timeoutMs);
      return probe.kind === "podman" ? await inside.healthcheck(container, timeoutMs) : mismatch(probe.kind, "container");
    },
    systemd: async () => answerOf(unasked("the systemd route is judged from the unit state")),
  };

  return {
    probe: async (request) => {
      const way = ways[request.route.via] as (request: ProbeRequest, route: ProbeRoute) => Promise<ProbeResult>;
      return await way(request, request.route).catch((error: unknown) =>
        answerOf(unasked(`could not ask (${String(error).slice(0, 200)})`)),
      );
    },
    close: async () => {
      client.close();
      await inside.settled();
    },
  };
}

function isNetworkProbe(probe: ProbeRequest["probe"]): probe is NetworkProbe {
  return probe.kind === "http" || probe.kind === "tcp" || probe.kind === "postgres" || probe.kind === "redis";
}

/** An explicit host has a route of its own. */
function withoutHost({ host: _host, ...probe }: NetworkProbe): NetworkProbe {
  return probe;
}

function mismatch(kind: string, via: ProbeRoute["via"]): ProbeResult {
  return answerOf(unasked(`a ${kind} probe cannot go by the ${via} route`));
}
