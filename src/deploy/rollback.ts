import { PhoenixError } from "../domain/errors.ts";
import { emptyGeneration } from "../domain/generation.ts";
import { foldLedger } from "../domain/ledger.ts";
import type { GenerationNumber, StackName } from "../domain/words.ts";
import { rollbackTarget } from "../plan/target.ts";
import type { Ports } from "../ports/ports.ts";
import type { VerbOptions } from "./deploy.ts";
import { readGeneration } from "./observe.ts";
import { recover } from "./recover.ts";
import { retain } from "./retain.ts";
import { type ChangeOutcome, changeStack } from "./transaction.ts";

/** A rollback is a deploy whose candidate is an older generation; it is proven by the same gate and undone the same way. */
export async function rollbackStack(
  stack: StackName,
  number: GenerationNumber | undefined,
  options: VerbOptions,
  ports: Ports,
): Promise<ChangeOutcome> {
  await knowStack(stack, ports);
  return await ports.lane.hold(stack, options.waitMs, async () => {
    await recover({ stack, ...options }, ports);
    const ledger = foldLedger((await ports.history.read(stack)).lines);
    const target = number ?? rollbackTarget({ ...ledger, pending: undefined }, ledger.current);
    if (number === undefined && target === 0)
      throw new PhoenixError("no-rollback-target", `Cannot roll back ${stack}: there is no earlier good generation.`);
    if (!(await ports.generations.list(stack)).includes(target))
      throw new PhoenixError("generation-unknown", `Cannot roll back ${stack}: there is no generation ${target}.`);
    const wanted = await readGeneration(stack, target, ports);
    return await changeStack({ stack, verb: "rollback", wanted, removeVolumes: false, ...options }, ports);
  });
}

export type TeardownOptions = VerbOptions & {
  /** Also volumes and the secrets that GenerateSecret= made. */
  readonly volumes: boolean;
  /** Also generations, history and pinned images: as if the stack had never been there. */
  readonly purge: boolean;
};

/** A teardown is a deploy of the empty generation. */
export async function teardownStack(stack: StackName, options: TeardownOptions, ports: Ports): Promise<ChangeOutcome> {
  await knowStack(stack, ports);
  return await ports.lane.hold(stack, options.waitMs, async () => {
    await recover({ stack, ...options }, ports);
    const outcome = await changeStack(
      { stack, verb: "teardown", wanted: emptyGeneration(stack), removeVolumes: options.volumes, ...options },
      ports,
    );
    if (options.purge && outcome.kind !== "undone") {
      for (const { tag } of await ports.images.kept(stack)) await ports.images.untag(tag);
      await ports.generations.forget(stack);
    } else await retain(stack, ports);
    return outcome;
  });
}

async function knowStack(stack: StackName, ports: Ports): Promise<void> {
  const stacks = await ports.history.stacks();
  if (!stacks.includes(stack))
    throw new PhoenixError(
      "stack-unknown",
      `Cannot find a stack '${stack}': ${stacks.length === 0 ? "there is none" : `there are ${stacks.join(", ")}`}.`,
    );
}
