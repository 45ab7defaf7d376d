import { PhoenixError } from "../domain/errors.ts";
import { foldLedger } from "../domain/ledger.ts";
import type { StackName } from "../domain/words.ts";
import type { Ports } from "../ports/ports.ts";
import type { Failpoint } from "./failpoint.ts";
import { readGeneration } from "./observe.ts";
import { type ChangeOutcome, changeStack, goBack } from "./transaction.ts";

export type RecoverOptions = {
  readonly stack: StackName;
  readonly interrupted: AbortSignal;
  readonly failpoint: Failpoint;
  readonly progress: (line: string) => void;
};

/**
 * Finishes or undoes the change that a crash or a power cut left in the ledger. The caller holds the lane, so nobody else is at it.
 * A generation that had already failed is undone; any other gets its chance at the gate, from the steps it still lacks.
 */
export async function recover(options: RecoverOptions, ports: Ports): Promise<ChangeOutcome | undefined> {
  const { stack } = options;
  const ledger = foldLedger((await ports.history.read(stack)).lines);
  const { pending } = ledger;
  if (pending === undefined) return undefined;
  options.progress(`finding an unfinished ${pending.verb} to generation ${pending.generation}`);
  const request = { ...options, verb: pending.verb, removeVolumes: false };
  const startedAtMs = ports.clock.monotonic();
  if (ledger.failed.includes(pending.generation)) {
    const wanted = await readGeneration(stack, pending.generation, ports);
    return await goBack(
      { ...request, wanted },
      { because: "it had failed before the way back was cut off", interrupted: false },
      startedAtMs,
      ports,
    );
  }
  try {
    const wanted = await readGeneration(stack, pending.generation, ports);
    await ports.history.append(stack, {
      event: "interrupted",
      generation: pending.generation,
      because: `${pending.verb} was cut off; finishing it`,
    });
    return await changeStack({ ...request, wanted }, ports);
  } catch (error) {
    if (!(error instanceof PhoenixError) || error.code !== "generation-damaged") throw error;
    const wanted = { ...(await readGeneration(stack, 0, ports)), number: pending.generation };
    return await goBack({ ...request, wanted }, { because: error.message, interrupted: false }, startedAtMs, ports);
  }
}
