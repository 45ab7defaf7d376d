import type { Ms, ServiceName } from "../domain/words.ts";
import type { MissingObject, ServiceView, StackView } from "../heal/view.ts";
import { rollbackTarget } from "../plan/target.ts";
import type { AgentMemory, ServiceMemory, StackMemory } from "./memory.ts";

/** How long after its gate a generation answers for the breakers that it opens. */
export const probationMs: Ms = 600_000;

/** A stack as healing sees it. */
export function viewStack(stack: StackMemory, all: AgentMemory, nowMs: Ms): StackView {
  return {
    generation: stack.generation.number,
    services: [...stack.services.values()].map((service) => viewService(service, stack, all)),
    missingUnitFiles: stack.missing.unitFiles,
    laneHolder: stack.ledger.pending === undefined ? undefined : (stack.holder ?? "an unfinished change"),
    paused: false,
    inProbation: isInProbation(stack, nowMs),
  };
}

/** What a failed change went back to is never rolled back further. */
function isInProbation({ origin, ledger, generation }: StackMemory, nowMs: Ms): boolean {
  return origin.isGood && nowMs - origin.sinceMs < probationMs && rollbackTarget(ledger, generation.number) !== 0;
}

/** When the probation of a stack ends, for the next look; infinity when it has. */
export function probationEnd({ origin }: StackMemory, nowMs: Ms): Ms {
  const endMs = origin.sinceMs + probationMs;
  return origin.isGood && endMs > nowMs ? endMs : Number.POSITIVE_INFINITY;
}

function viewService(service: ServiceMemory, { ledger, missing, stops }: StackMemory, all: AgentMemory): ServiceView {
  const { unit, policy, health, oneshot, changed } = service;
  const { phase } = health;
  // While it starts, what it needs may just be being made.
  const isSettled = phase === "up" || phase === "ended" || phase === "failed" || phase === "restarting";
  const find = (names: readonly string[], gone: readonly string[], type: "network" | "volume"): readonly MissingObject[] =>
    isSettled ? names.filter((name) => gone.includes(name)).map((name) => ({ name, unit: makerOf(name, type, all) })) : [];
  return {
    service: unit.service,
    health,
    policy,
    after: unit.after,
    requires: unit.requires,
    oneshot,
    // Until it is known who wanted a stop, it is respected.
    stoppedByHand: ledger.stoppedByHand.has(unit.service) || stops.some((stop) => stop.service === unit.service && !stop.isJudged),
    changed,
    missingNetworks: find(unit.networks, missing.networks, "network"),
    missingVolumes: find(unit.volumes, missing.volumes, "volume"),
  };
}

/** The unit that makes a network or volume; it may belong to another stack. */
export function makerOf(name: string, type: "network" | "volume", all: AgentMemory): ServiceName | undefined {
  for (const { generation } of all.values()) {
    const maker = generation.units.find((unit) => unit.type === type && unit.object === name);
    if (maker !== undefined) return maker.service;
  }
  return undefined;
}
