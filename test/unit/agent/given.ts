import type { StackMemory } from "../../../src/agent/memory.ts";
import { rememberStack } from "../../../src/agent/remember.ts";
import type { StackEvent } from "../../../src/domain/events.ts";
import type { Generation, GenerationUnit } from "../../../src/domain/generation.ts";
import type { LedgerLine } from "../../../src/domain/ledger.ts";
import type { Policy } from "../../../src/domain/policy.ts";
import { policy } from "../health/given.ts";

/** What the tests of the agent start from. */

export const line = (event: StackEvent, at = 0): LedgerLine => ({ ...event, at, by: "test (1)" });
export const pending = (generation: number, from: number, at = 0) => line({ event: "pending", generation, from, verb: "deploy" }, at);
export const good = (generation: number, at = 0) => line({ event: "good", generation, proof: "", tookMs: 1 }, at);
export const back = (from: number, generation: number, at = 0) =>
  line({ event: "rolledBack", from, generation, healthy: true, because: "", tookMs: 1 }, at);

export function generationUnit(name: string, more: Partial<GenerationUnit> = {}, rules: Partial<Policy> = {}): GenerationUnit {
  return {
    file: `${name}.container`,
    type: "container",
    service: `${name}.service`,
    object: name,
    text: "",
    digest: `digest of ${name}`,
    inputs: [],
    policy: policy(rules),
    ports: [],
    after: [],
    requires: [],
    networks: [],
    volumes: [],
    ...more,
  };
}

export function generation(units: readonly GenerationUnit[], number = 1, stack = "demo"): Generation {
  return { schema: 1, stack, number, source: "", digest: `d${number}`, contentDigest: "", generatorVersion: "", createdAt: 0, units };
}

/** A stack as the agent knows it right after it was read. */
export function stack(units: readonly GenerationUnit[], lines: readonly LedgerLine[] = [pending(1, 0), good(1)]): StackMemory {
  return rememberStack(undefined, {
    generation: generation(units),
    previous: undefined,
    lines,
    missingUnitFiles: [],
    oneshots: new Set(),
    now: 0,
    nowMs: 0,
  });
}
