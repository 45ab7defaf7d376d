import type { NameFact, ReachFact } from "../../check/verify/facts.ts";
import { internalNetworks, memberPorts, namesOfUnit } from "../../check/verify/topology.ts";
import { PhoenixError } from "../../domain/errors.ts";
import type { GenerationUnit } from "../../domain/generation.ts";
import type { ContainerDetail } from "../../domain/observed.ts";
import type { Ms } from "../../domain/words.ts";
import type { Observed } from "../../plan/observed.ts";
import type { Attempt } from "../../ports/closeLook.ts";
import type { VerifyPorts } from "./verify.ts";

export type Inside = {
  /** The services that run. */
  readonly up: readonly GenerationUnit[];
  readonly observed: Observed;
  readonly containers: readonly ContainerDetail[];
};

/** Asks each network's own DNS for the names of the services on it. */
export async function namesOf({ up, observed, containers }: Inside, ports: Pick<VerifyPorts, "closeLook">): Promise<readonly NameFact[]> {
  const asked = up.flatMap((unit) =>
    unit.networks.flatMap((network) => {
      const fact = observed.networks.find((one) => one.name === network && one.dnsEnabled);
      const server = fact?.gateways[0];
      return server === undefined ? [] : namesOfUnit(unit).map((name) => ({ unit, network, name, server }));
    }),
  );
  const answers = await ports.closeLook.resolve(asked.map(({ name, server }) => ({ name, server })));
  return asked.map(({ unit, network, name }, index): NameFact => {
    const holders = up.filter((other) => other.networks.includes(network) && namesOfUnit(other).includes(name));
    const found = holders.map((holder) => addressesOf(holder, network, containers));
    // Whose addresses are not known (a pod's), of those nothing can be called strange.
    const owned = found.every((one) => one !== undefined) ? found.flat() : undefined;
    return { unit, network, name, answer: answers[index] ?? { unknown: "there was no answer" }, owned };
  });
}

function addressesOf(unit: GenerationUnit, network: string, containers: readonly ContainerDetail[]): readonly string[] | undefined {
  // A container that joined the network a second time, by hand, has another entry under the same name.
  return containers.find((one) => one.name === unit.object)?.networks.find((one) => one.name === network)?.addresses;
}

/** Documentation addresses: nobody has them, so a way to them is a way to everywhere. */
const outside = ["203.0.113.1", "2001:db8::1"] as const;
/** Nothing comes back from a closed network, so this time is always spent; all tries run at once. */
const tryMs: Ms = 1_000;

/** Tries from inside of every container concerned what must not succeed. */
export async function reachesOf(inside: Inside, ports: Pick<VerifyPorts, "closeLook">): Promise<readonly ReachFact[]> {
  const { up, observed, containers } = inside;
  const internal = internalNetworks(observed.current.units);
  const tries = up.map((unit) => {
    const isEnclosed = unit.networks.length > 0 && unit.networks.every((network) => internal.has(network));
    const away = isEnclosed
      ? outside.map((address) => ({ to: { kind: "outside" as const, address }, attempt: { kind: "route" as const, host: address } }))
      : [];
    const foreign = [...internal].filter((network) => unit.networks.length > 0 && !unit.networks.includes(network));
    const members = foreign.flatMap((network) =>
      up.flatMap((other) => {
        const [address] = other.networks.includes(network) ? (addressesOf(other, network, containers) ?? []) : [];
        if (address === undefined) return [];
        return memberPorts(other).map((port) => ({
          to: { kind: "member" as const, network, service: other.service, address, port },
          attempt: { kind: "tcp" as const, host: address, port, timeoutMs: tryMs },
        }));
      }),
    );
    return { unit, pid: containers.find((one) => one.name === unit.object)?.pid, tries: [...away, ...members] };
  });
  return (await Promise.all(tries.map((one) => attemptAll(one, ports)))).flat();
}

type Try = { readonly to: ReachFact["to"]; readonly attempt: Attempt };

async function attemptAll(
  { unit, pid, tries }: { readonly unit: GenerationUnit; readonly pid: number | undefined; readonly tries: readonly Try[] },
  ports: Pick<VerifyPorts, "closeLook">,
): Promise<readonly ReachFact[]> {
  // Pods and kube units have no container of their own name to enter.
  if (tries.length === 0 || pid === undefined) return [];
  try {
    const outcomes = await ports.closeLook.reach(
      pid,
      tries.map(({ attempt }) => attempt),
    );
    return tries.map(({ to }, index) => ({ unit, to, outcome: outcomes[index] ?? { unknown: "there was no answer" } }));
  } catch (error) {
    if (!(error instanceof PhoenixError)) throw error;
    return tries.map(({ to }) => ({ unit, to, outcome: { unknown: error.message.replace(/\.$/u, "") } }));
  }
}
