import type { Ms, StackName } from "../domain/words.ts";
import type { Rng } from "../heal/backoff.ts";
import { decideStack, type Note } from "./decide.ts";
import type { StackedEvent } from "./look.ts";
import type { AgentMemory, StackMemory } from "./memory.ts";
import type { Task } from "./tasks.ts";

export type Deciding = {
  readonly memory: AgentMemory;
  readonly events: readonly StackedEvent[];
  readonly notes: readonly Note[];
  readonly tasks: readonly Task[];
};

/** Decides about every stack that has news or whose time has come. One change at a time a stack. */
export function decideAll(all: AgentMemory, nowMs: Ms, rng: Rng): Deciding {
  const memory = new Map<StackName, StackMemory>(all);
  const events: StackedEvent[] = [];
  const notes: Note[] = [];
  const tasks: Task[] = [];
  for (const [name, stack] of all) {
    if (stack.task !== undefined || stack.nextDecisionMs > nowMs) continue;
    const { pending } = stack.ledger;
    if (pending !== undefined && stack.holder === undefined && nowMs >= stack.recoverNotBeforeMs) {
      memory.set(name, { ...stack, task: "recover" });
      tasks.push({ kind: "recover", stack: name });
      continue;
    }
    const decision = decideStack(stack, all, nowMs, rng);
    const isActing = decision.actions.length > 0;
    memory.set(name, isActing ? { ...decision.stack, task: "heal" } : decision.stack);
    events.push(...decision.events.map((event) => ({ stack: name, event })));
    notes.push(...decision.notes);
    if (isActing) tasks.push({ kind: "heal", stack: name, generation: stack.generation.number, actions: decision.actions });
  }
  return { memory, events, notes, tasks };
}
