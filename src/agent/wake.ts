import type { Ms } from "../domain/words.ts";
import type { AgentMemory } from "./memory.ts";

/** While another process changes a stack, its lane is looked at so often. */
export const holderMs: Ms = 1_000;

/** When a decision is due without any news. A stack that is being healed wakes nobody: its end is news. */
export function nextDecision(memory: AgentMemory, holdersAtMs: Ms): Ms {
  const times = [...memory.values()].map(({ task, ledger, nextDecisionMs }) => {
    if (task !== undefined) return Number.POSITIVE_INFINITY;
    return ledger.pending === undefined ? nextDecisionMs : holdersAtMs;
  });
  return Math.min(...times);
}
