import { randomBytes } from "node:crypto";
import { type StackVolumes, trialLabel, usesOf } from "../../check/volume-uses.ts";
import { PhoenixError } from "../../domain/errors.ts";
import { stackLabel } from "../../domain/generation.ts";
import type { FolderFact, VolumeDetail } from "../../domain/observed.ts";
import type { Ms, ServiceName, StackName } from "../../domain/words.ts";
import type { Ports } from "../../ports/ports.ts";
import type { Archive } from "../../ports/volumes.ts";
import type { VerbOptions } from "../deploy.ts";
import { recover } from "../recover.ts";
import { inUse } from "./export.ts";
import { holdLanes, readStacks } from "./stacks.ts";
import { holdersOf, whileStopped } from "./stopped.ts";

export type ImportOptions = VerbOptions & {
  readonly name: string;
  /** Absolute, or `-` for standard input. */
  readonly path: string;
  readonly stop: boolean;
};

/**
 * Puts an archive in the place of a volume's data. Podman can only merge into a volume, and cannot rename one: so it is removed,
 * made again with the same options and labels, and filled. Before that the archive is unpacked whole into a trial volume: a torn
 * one, or one with owners that this user cannot have, costs nothing.
 */
export async function importVolume(options: ImportOptions, ports: Ports): Promise<void> {
  const { name, path, waitMs } = options;
  const before = await readStacks(ports);
  const concerned = usesOf(name, before).map((use) => use.stack);
  await ports.volumes.open(path, async (archive) => {
    await holdLanes(concerned, waitMs, ports, async () => {
      for (const stack of concerned) await recover({ stack, ...options }, ports);
      const stacks = (await readStacks(ports)).filter(({ stack }) => concerned.includes(stack));
      await replaceData(archive, stacks, options, ports);
    });
  });
}

async function replaceData(archive: Archive, stacks: readonly StackVolumes[], options: ImportOptions, ports: Ports): Promise<void> {
  const { name, interrupted, progress } = options;
  const old = (await ports.closeLook.volumes()).find((volume) => volume.name === name);
  const makers = usesOf(name, stacks).flatMap(({ maker }) => maker ?? []);
  if (old === undefined && makers.length === 0) {
    throw new PhoenixError(
      "volume-unknown",
      `Cannot import into '${name.slice(0, 100)}': there is no such volume, and no running stack makes one.`,
    );
  }
  const { services, strangers } = await holdersOf(name, stacks, ports);
  if (strangers.length > 0)
    throw inUse(name, `${strangers.join(", ")} uses it`, `Stop and remove it first: podman rm --force ${strangers.join(" ")}`);
  if (services.length > 0 && !options.stop) {
    throw inUse(name, `${services.join(", ")} uses it`, `Say --stop, or stop it first: systemctl --user stop ${services.join(" ")}`);
  }
  progress("trying the archive");
  const trial = await tryArchive(archive, stacks[0]?.stack, interrupted, ports);
  let isNeeded = false;
  const work = async (): Promise<void> => {
    progress(`replacing the data of ${name}`);
    // From here on until it is filled, the trial is the only unpacked copy.
    isNeeded = true;
    await fill({ name, old, makers, archive, trial }, ports);
    isNeeded = false;
    for (const { stack } of stacks) {
      await ports.history.append(stack, { event: "restored", what: `volume ${name}`, because: "imported by hand" });
    }
  };
  try {
    await whileStopped(services, stacks, { progress, work }, ports);
  } finally {
    if (!isNeeded) await ports.objects.removeVolume(trial);
  }
}

/** Unpacks the archive where it harms nothing. The name of the volume that now holds it. */
async function tryArchive(archive: Archive, stack: StackName | undefined, signal: AbortSignal, ports: Ports): Promise<string> {
  const trial = `phoenix-trial-${randomBytes(6).toString("hex")}`;
  const labels = { [trialLabel]: "1", ...(stack === undefined ? {} : { [stackLabel]: stack }) };
  await ports.volumes.create(trial, { driver: "local", options: {}, labels });
  try {
    await ports.volumes.load(trial, archive, archive.root, signal);
  } catch (error) {
    await ports.objects.removeVolume(trial).catch(() => {});
    if (!(error instanceof PhoenixError) || error.code === "interrupted") throw error;
    throw new PhoenixError("archive-unusable", `Cannot use the archive: ${error.message}`, { cause: error });
  }
  return trial;
}

type Filling = {
  readonly name: string;
  readonly old: VolumeDetail | undefined;
  readonly makers: readonly ServiceName[];
  readonly archive: Archive;
  readonly trial: string;
};

const makeMs: Ms = 60_000;

async function fill({ name, old, makers, archive, trial }: Filling, ports: Ports): Promise<void> {
  const root: FolderFact | undefined = archive.root ?? old?.root;
  try {
    if (old === undefined) {
      for (const maker of makers.slice(0, 1)) await ports.units.job("restart", maker, makeMs);
    } else {
      await ports.objects.removeVolume(name);
      await ports.volumes.create(name, old);
    }
    await ports.volumes.load(name, archive, root);
  } catch (error) {
    if (!(error instanceof PhoenixError)) throw error;
    throw new PhoenixError("import-failed", `Cannot finish the import: ${error.message} The archive's data is in the volume ${trial}.`, {
      cause: error,
      remedy: `Correct the cause and import again; \`podman volume rm ${trial}\` removes the copy.`,
    });
  }
}
