import { usesOf } from "../../check/volume-uses.ts";
import { PhoenixError } from "../../domain/errors.ts";
import type { VolumeDetail } from "../../domain/observed.ts";
import type { Ports } from "../../ports/ports.ts";
import type { VerbOptions } from "../deploy.ts";
import { holdLanes, readStacks } from "./stacks.ts";
import { holdersOf, whileStopped } from "./stopped.ts";

export type ExportOptions = Pick<VerbOptions, "waitMs" | "interrupted" | "progress"> & {
  readonly name: string;
  /** Absolute, or `-` for standard output. */
  readonly path: string;
  readonly overwrite: boolean;
  /** Copy under a service that may be writing. */
  readonly live: boolean;
  /** Stop its users meanwhile. */
  readonly stop: boolean;
};

/** A volume as an archive with owners and modes, also of its top folder. */
export async function exportVolume(options: ExportOptions, ports: Ports): Promise<void> {
  const { name, path, overwrite, live, stop, interrupted: signal } = options;
  const [stacks, volume] = await Promise.all([readStacks(ports), findVolume(name, ports)]);
  const save = (): Promise<void> => ports.volumes.save(volume, path, { overwrite, signal });
  if (live) return await save();
  const { services, strangers } = await holdersOf(name, stacks, ports);
  if (strangers.length > 0)
    throw inUse(name, `${strangers.join(", ")} uses it`, "Stop the container, or say --live: the copy may then be torn.");
  if (services.length === 0) return await save();
  if (!stop) {
    const remedy = "Say --stop to stop them meanwhile, or --live: then files may change while they are read, which few databases survive.";
    throw inUse(name, `${services.join(", ")} may write it right now`, remedy);
  }
  const concerned = stacks.filter(({ stack }) => usesOf(name, stacks).some((use) => use.stack === stack));
  await holdLanes(
    concerned.map(({ stack }) => stack),
    options.waitMs,
    ports,
    () => whileStopped(services, concerned, { progress: options.progress, work: save }, ports),
  );
}

export async function findVolume(name: string, ports: Pick<Ports, "closeLook">): Promise<VolumeDetail> {
  const volume = (await ports.closeLook.volumes()).find((one) => one.name === name);
  if (volume === undefined) throw new PhoenixError("volume-unknown", `Cannot find a volume '${name.slice(0, 100)}'.`);
  return volume;
}

export function inUse(name: string, because: string, remedy: string): PhoenixError {
  return new PhoenixError("volume-in-use", `Cannot touch the volume ${name}: ${because}.`, { remedy });
}
