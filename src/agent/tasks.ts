import type { Failpoint } from "../deploy/failpoint.ts";
import { recover } from "../deploy/recover.ts";
import { retain } from "../deploy/retain.ts";
import { PhoenixError } from "../domain/errors.ts";
import { foldLedger } from "../domain/ledger.ts";
import type { GenerationNumber, StackName } from "../domain/words.ts";
import type { HealAction } from "../heal/view.ts";
import type { Ports } from "../ports/ports.ts";
import { act } from "./act.ts";

/** Something that changes a stack, done beside the loop while it goes on looking and asking. */
export type Task =
  | { readonly kind: "heal"; readonly stack: StackName; readonly generation: GenerationNumber; readonly actions: readonly HealAction[] }
  | { readonly kind: "recover"; readonly stack: StackName };

/** Does it under the stack's lane, at once or not at all. True = it was done, or is nobody's business any more. */
export async function runTask(task: Task, failpoint: Failpoint, ports: Ports): Promise<boolean> {
  const { stack } = task;
  const progress = (message: string): void => ports.journal.say(6, `${stack}: ${message}`, { PHOENIX_STACK: stack });
  try {
    await ports.lane.hold(stack, 0, async () => {
      if (task.kind === "recover") {
        await recover({ stack, interrupted: new AbortController().signal, failpoint, progress }, ports);
        await retain(stack, ports);
        return;
      }
      const ledger = foldLedger((await ports.history.read(stack)).lines);
      // Decided before somebody else changed the stack: the next look decides anew.
      if (ledger.pending !== undefined || ledger.current !== task.generation) return;
      await act(task.actions, { stack, ports, progress, failpoint });
    });
    return true;
  } catch (error) {
    if (error instanceof PhoenixError && error.code === "lane-taken") return task.kind === "heal";
    const message = error instanceof Error ? error.message : String(error);
    ports.journal.say(3, `${stack}: ${task.kind} failed: ${message}`, { PHOENIX_STACK: stack });
    return false;
  }
}
