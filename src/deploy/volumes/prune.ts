import { prunable } from "../../check/volume-uses.ts";
import { PhoenixError } from "../../domain/errors.ts";
import { stackLabel } from "../../domain/generation.ts";
import { isStackName, type Ms } from "../../domain/words.ts";
import type { Ports } from "../../ports/ports.ts";
import { holdLanes, readStacks } from "./stacks.ts";

export type Prunable = { readonly name: string; readonly madeBy: string; readonly sizeBytes: number | null };

type PrunePorts = Pick<Ports, "history" | "generations" | "closeLook" | "volumes" | "objects" | "lane">;

/** What a prune would remove: made by Phoenix, named by no kept generation of any stack, held by no container. */
export async function listPrunable(ports: PrunePorts): Promise<readonly Prunable[]> {
  const [stacks, volumes] = await Promise.all([readStacks(ports), ports.closeLook.volumes()]);
  const damaged = stacks.flatMap(({ stack, damaged: numbers }) => numbers.map((number) => `generation ${number} of ${stack}`));
  if (damaged.length > 0) {
    throw new PhoenixError("generation-damaged", `Cannot prune: ${damaged.join(", ")} cannot be read, and may name any volume.`);
  }
  const found = prunable(volumes, stacks);
  if (found.length === 0) return [];
  const sizes = await ports.volumes.sizes();
  const rows = await Promise.all(
    found.map(async ({ name, labels }) => {
      const isHeld = (await ports.volumes.users(name)).length > 0;
      return isHeld ? [] : [{ name, madeBy: labels[stackLabel] ?? "", sizeBytes: sizes.get(name) ?? null }];
    }),
  );
  return rows.flat();
}

/** Removes one of them, if it still is one once nobody else can be changing its stack. */
export async function pruneVolume({ name, madeBy }: Prunable, waitMs: Ms, ports: PrunePorts): Promise<boolean> {
  // The label comes from outside: a name that is none of ours has no lane.
  const lanes = isStackName(madeBy) ? [madeBy] : [];
  return await holdLanes(lanes, waitMs, ports, async () => {
    if (!(await listPrunable(ports)).some((one) => one.name === name)) return false;
    await ports.objects.removeVolume(name);
    return true;
  });
}
