import type { Ms } from "../domain/words.ts";
import type { AgentMemory, StackMemory } from "./memory.ts";
import { makerOf } from "./view.ts";

/** Networks and volumes as Podman lists them. */
export type ObjectListing = { readonly networks: ReadonlySet<string>; readonly volumes: ReadonlySet<string> };

/** Only what one of our units makes can be put back, so nothing else is called missing. */
export function seeObjects(stack: StackMemory, listing: ObjectListing, all: AgentMemory): StackMemory {
  const gone = (type: "network" | "volume", there: ReadonlySet<string>): readonly string[] => {
    const wanted = [...stack.services.values()].flatMap(({ unit }) => (type === "network" ? unit.networks : unit.volumes));
    return [...new Set(wanted)].filter((name) => !there.has(name) && makerOf(name, type, all) !== undefined);
  };
  return { ...stack, missing: { ...stack.missing, networks: gone("network", listing.networks), volumes: gone("volume", listing.volumes) } };
}

/** Two podman calls cost 100 ms of CPU: seldom while all is well, soon after trouble began, now and then while it lasts. */
const listing = { calmMs: 300_000, troubleMs: 15_000, settleMs: 300 } as const;

/** When networks and volumes should be listed next. */
export function objectsDueMs(memory: AgentMemory, lastMs: Ms | undefined): Ms {
  if (lastMs === undefined) return Number.NEGATIVE_INFINITY;
  const incidents = [...memory.values()].flatMap((stack) => [...stack.services.values()].flatMap(({ incident }) => incident ?? []));
  if (incidents.length === 0) return lastMs + listing.calmMs;
  const newestMs = Math.max(...incidents.map(({ sinceMs }) => sinceMs));
  return newestMs + listing.settleMs > lastMs ? newestMs + listing.settleMs : lastMs + listing.troubleMs;
}
