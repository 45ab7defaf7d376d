import { foldLedger } from "../domain/ledger.ts";
import type { StackName } from "../domain/words.ts";
import { keptGenerations } from "../plan/keep.ts";
import type { Ports } from "../ports/ports.ts";
import { readGeneration } from "./observe.ts";

/** Removes generations beyond the kept ones, and the image tags that no kept generation names. Never fails a deploy that went well. */
export async function retain(stack: StackName, ports: Pick<Ports, "history" | "generations" | "images">): Promise<void> {
  const ledger = foldLedger((await ports.history.read(stack)).lines);
  const keep = keptGenerations(ledger, await ports.generations.list(stack));
  await ports.generations.retain(stack, keep);
  const tags = new Set<string>();
  for (const number of keep) {
    const generation = await readGeneration(stack, number, ports).catch(() => undefined);
    // A manifest that cannot be read may name any of them.
    if (generation === undefined) return;
    for (const unit of generation.units) if (unit.image !== undefined) tags.add(unit.image.tag);
  }
  for (const { tag } of await ports.images.kept(stack)) if (!tags.has(tag)) await ports.images.untag(tag);
}
