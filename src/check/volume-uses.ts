import { type Generation, stackLabel } from "../domain/generation.ts";
import type { VolumeDetail } from "../domain/observed.ts";
import type { GenerationNumber, ServiceName, StackName } from "../domain/words.ts";

/** A stack as far as volumes are concerned. */
export type StackVolumes = {
  readonly stack: StackName;
  /** What should run now. */
  readonly current: Generation;
  /** Every generation that is kept on the disk. */
  readonly kept: readonly Generation[];
  /** Kept ones that cannot be read: they may name any volume. */
  readonly damaged: readonly GenerationNumber[];
};

export type VolumeUse = {
  readonly stack: StackName;
  /** Units of the running generation that mount it. */
  readonly services: readonly ServiceName[];
  /** The unit of the running generation that makes it. */
  readonly maker: ServiceName | undefined;
  readonly generations: readonly GenerationNumber[];
};

/** Who uses a volume: each stack of which some generation names it. */
export function usesOf(name: string, stacks: readonly StackVolumes[]): readonly VolumeUse[] {
  return stacks.flatMap(({ stack, current, kept }) => {
    const generations = kept.filter((generation) => names(generation, name)).map(({ number }) => number);
    const services = current.units.filter((unit) => unit.volumes.includes(name)).map(({ service }) => service);
    const maker = current.units.find((unit) => unit.type === "volume" && unit.object === name)?.service;
    return generations.length === 0 && services.length === 0 && maker === undefined ? [] : [{ stack, services, maker, generations }];
  });
}

function names({ units }: Generation, volume: string): boolean {
  return units.some((unit) => unit.volumes.includes(volume) || (unit.type === "volume" && unit.object === volume));
}

/** On the copy that an import makes of its archive: the volume it is for. A killed import leaves its own behind. */
export const trialLabel = "io.phoenix.trial";

/** Whether its data is a folder that Podman keeps, and not something mounted from elsewhere. */
export function isPlain({ driver, options }: Pick<VolumeDetail, "driver" | "options">): boolean {
  // Podman adds what it read out of `o=` in capitals.
  const owner = /^(?:(?:uid|gid)=\d+(?:,|$))*$/u;
  return (
    driver === "local" &&
    Object.entries(options).every(([key, value]) => key === "UID" || key === "GID" || (key === "o" && owner.test(value)))
  );
}

/** Volumes that Phoenix made and no kept generation of any stack names. What a person or another program made is never among them. */
export function prunable(volumes: readonly VolumeDetail[], stacks: readonly StackVolumes[]): readonly VolumeDetail[] {
  if (stacks.some(({ damaged }) => damaged.length > 0)) return [];
  const isOurs = ({ labels }: VolumeDetail): boolean => labels[stackLabel] !== undefined || labels[trialLabel] !== undefined;
  return volumes.filter((volume) => isOurs(volume) && usesOf(volume.name, stacks).length === 0);
}
