import { trialLabel, usesOf, type VolumeUse } from "../../check/volume-uses.ts";
import { stackLabel } from "../../domain/generation.ts";
import type { Ports } from "../../ports/ports.ts";
import { readStacks } from "./stacks.ts";

export type VolumeRow = {
  readonly name: string;
  /** Bytes on the disk; null = could not be measured. */
  readonly sizeBytes: number | null;
  readonly driver: string;
  readonly createdAt: string;
  /** The stack that made it, from its label; null = not made by Phoenix. */
  readonly madeBy: string | null;
  /** The volume that an import tries its archive for; of one that is not under way any more, it is left over. */
  readonly trialFor: string | null;
  readonly uses: readonly VolumeUse[];
};

/** Every volume of this user's Podman. */
export async function listVolumes(ports: Pick<Ports, "history" | "generations" | "closeLook" | "volumes">): Promise<readonly VolumeRow[]> {
  const [stacks, volumes, sizes] = await Promise.all([readStacks(ports), ports.closeLook.volumes(), ports.volumes.sizes()]);
  return volumes
    .map(({ name, driver, createdAt, labels }) => ({
      name,
      sizeBytes: sizes.get(name) ?? null,
      driver,
      createdAt,
      madeBy: labels[stackLabel] ?? null,
      trialFor: labels[trialLabel] ?? null,
      uses: usesOf(name, stacks),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
