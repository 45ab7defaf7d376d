import type { Generation, GenerationUnit } from "../domain/generation.ts";
import type { LedgerState } from "../domain/ledger.ts";
import type { Policy } from "../domain/policy.ts";
import type { GenerationNumber, Ms, ServiceName, StackName } from "../domain/words.ts";
import type { SeenStop } from "../heal/by-hand.ts";
import type { HealState } from "../heal/state.ts";
import type { ServiceHealth } from "../health/service.ts";

/** Trouble with a service, from its first sign until the service is healthy again. */
export type Incident = { readonly sinceMs: Ms; readonly because: string };

/** What the agent knows about one service of the generation that runs. */
export type ServiceMemory = {
  readonly unit: GenerationUnit;
  readonly policy: Policy;
  readonly oneshot: boolean;
  /** The current generation changed it. */
  readonly changed: boolean;
  /** Its place in the period, 0 to 1, the same for ever: services that ran before the agent did are not all asked at once. */
  readonly spread: number;
  readonly health: ServiceHealth;
  readonly incident: Incident | undefined;
};

/** What should be there and was not when it was last looked for. */
export type Missing = { readonly unitFiles: readonly string[]; readonly networks: readonly string[]; readonly volumes: readonly string[] };

export const nothingMissing: Missing = { unitFiles: [], networks: [], volumes: [] };

/** How the current generation became current. */
export type Origin = {
  /** What ran before; 0 = nothing. */
  readonly from: GenerationNumber;
  /** It passed its gate; false = it is what a failed change went back to. */
  readonly isGood: boolean;
  /** Monotonic. */
  readonly sinceMs: Ms;
};

/** What the agent knows about one stack. */
export type StackMemory = {
  readonly stack: StackName;
  readonly generation: Generation;
  readonly ledger: LedgerState;
  /** How many ledger lines were read: later ones are news. */
  readonly lines: number;
  readonly origin: Origin;
  readonly services: ReadonlyMap<ServiceName, ServiceMemory>;
  readonly healing: HealState;
  readonly missing: Missing;
  /** Stop jobs of the last seconds that nobody of this process asked for; `isJudged` once it is known whose they were. */
  readonly stops: readonly (SeenStop & { readonly isJudged: boolean })[];
  /** A change that this process makes right now. */
  readonly task: string | undefined;
  /** Who else holds the lane, as far as it is known. */
  readonly holder: string | undefined;
  /** When somebody else was last known to change the stack, monotonic. */
  readonly foreignChangeMs: Ms | undefined;
  /** Next time for a decision without any news. */
  readonly nextDecisionMs: Ms;
  /** After a recovery that failed. */
  readonly recoverNotBeforeMs: Ms;
  readonly recoverFailures: number;
};

/** All that is known; one value, replaced as a whole. */
export type AgentMemory = ReadonlyMap<StackName, StackMemory>;

/** The stack and memory of a service, undefined when it is nobody's. */
export function findService(memory: AgentMemory, service: ServiceName): StackMemory | undefined {
  for (const stack of memory.values()) if (stack.services.has(service)) return stack;
  return undefined;
}

/** The stack with one of its services replaced. */
export function withService(stack: StackMemory, service: ServiceMemory): StackMemory {
  return { ...stack, services: new Map([...stack.services, [service.unit.service, service]]) };
}
