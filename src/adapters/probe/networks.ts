import type { NetworkFact } from "../../domain/observed.ts";
import type { Ms } from "../../domain/words.ts";

/** Asking podman costs 50 ms of CPU: not more often than this about a network that makes trouble. */
const troubleMs: Ms = 5_000;

export type KnownNetworks = {
  readonly find: (name: string) => Promise<NetworkFact | undefined>;
  /** The answer led nowhere: it may have been removed and made anew with another subnet. */
  readonly forget: (name: string) => void;
};

/** Remembers what podman said about each network. */
export function knownNetworks(look: (name: string) => Promise<NetworkFact | undefined>): KnownNetworks {
  const known = new Map<string, { readonly at: number; readonly fact: Promise<NetworkFact | undefined> }>();
  return {
    find: async (name) => {
      const entry = known.get(name) ?? { at: performance.now(), fact: look(name).catch(() => undefined) };
      known.set(name, entry);
      return await entry.fact;
    },
    forget: (name) => {
      const entry = known.get(name);
      if (entry !== undefined && performance.now() - entry.at > troubleMs) known.delete(name);
    },
  };
}
