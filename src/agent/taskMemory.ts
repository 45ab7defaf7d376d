import type { Ms } from "../domain/words.ts";
import { backoffSteps } from "../heal/backoff.ts";
import type { Ports } from "../ports/ports.ts";
import type { Heard } from "./heard.ts";
import type { AgentMemory, StackMemory } from "./memory.ts";

/** Takes in changes of ours that ended. A recovery that failed is tried again, ever later. */
export function finishTasks(memory: AgentMemory, tasks: Heard["tasks"], nowMs: Ms): AgentMemory {
  const next = new Map(memory);
  for (const { stack: name, task, failed } of tasks) {
    const stack = next.get(name);
    if (stack === undefined) continue;
    const failures = task === "recover" && failed ? stack.recoverFailures + 1 : 0;
    const waitMs = Math.min(backoffSteps.firstMs * 2 ** Math.min(failures - 1, 30), backoffSteps.capMs);
    next.set(name, {
      ...stack,
      task: undefined,
      // Until it was looked again, nothing is known about what may have been put back.
      missing: task === "heal" ? { ...stack.missing, networks: [], volumes: [] } : stack.missing,
      recoverFailures: failures,
      recoverNotBeforeMs: failures === 0 ? Number.NEGATIVE_INFINITY : nowMs + waitMs,
      nextDecisionMs: Number.NEGATIVE_INFINITY,
    });
  }
  return next;
}

/** Who changes the stacks that have an unfinished change? Nobody = it was cut off. */
export async function lookAtHolders(memory: AgentMemory, { lane, clock }: Pick<Ports, "lane" | "clock">): Promise<AgentMemory> {
  const next = new Map<string, StackMemory>();
  for (const [name, stack] of memory) {
    if (stack.ledger.pending === undefined || stack.task !== undefined) {
      next.set(name, stack);
      continue;
    }
    const holder = await lane.holder(name);
    const sayHolder = holder === undefined ? undefined : `process ${holder.pid} (${holder.command})`;
    next.set(name, { ...stack, holder: sayHolder, foreignChangeMs: clock.monotonic(), nextDecisionMs: Number.NEGATIVE_INFINITY });
  }
  return next;
}
