import { randomBytes } from "node:crypto";
import { isPlain, type StackVolumes, trialLabel, usesOf } from "../../check/volume-uses.ts";
import { PhoenixError } from "../../domain/errors.ts";
import { stackLabel } from "../../domain/generation.ts";
import type { VolumeDetail } from "../../domain/observed.ts";
import type { Ms, ServiceName } from "../../domain/words.ts";
import type { Ports } from "../../ports/ports.ts";
import type { Archive } from "../../ports/volumes.ts";
import type { VerbOptions } from "../deploy.ts";
import { recover } from "../recover.ts";
import { findVolume, inUse } from "./export.ts";
import { holdLanes, readStacks } from "./stacks.ts";
import { holdersOf, whileStopped } from "./stopped.ts";

export type ImportOptions = VerbOptions & {
  readonly name: string;
  /** Absolute, or `-` for standard input. */
  readonly path: string;
  readonly stop: boolean;
};

/**
 * Puts an archive in the place of a volume's data. Podman can only merge into a volume, and cannot rename one: so the archive is unpacked
 * whole into a trial volume, and the two then change their data with each other, in one step. A torn archive, or one with owners that
 * this user cannot have, costs nothing; and whoever starts after we were killed finds all of the old data or all of the new.
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
  const volumes = await ports.closeLook.volumes();
  const old = volumes.find((volume) => volume.name === name);
  const makers = usesOf(name, stacks).flatMap(({ maker }) => maker ?? []);
  if (old === undefined && makers.length === 0) {
    throw new PhoenixError(
      "volume-unknown",
      `Cannot import into '${name.slice(0, 100)}': there is no such volume, and no running stack makes one.`,
    );
  }
  if (old !== undefined) refuseElsewhere(old);
  const { services, strangers } = await holdersOf(name, stacks, ports);
  if (strangers.length > 0)
    throw inUse(name, `${strangers.join(", ")} uses it`, `Stop and remove it first: podman rm --force ${strangers.join(" ")}`);
  if (services.length > 0 && !options.stop) {
    throw inUse(name, `${services.join(", ")} uses it`, `Say --stop, or stop it first: systemctl --user stop ${services.join(" ")}`);
  }
  for (const left of volumes.filter((volume) => volume.labels[trialLabel] === name)) {
    progress(`${left.name} is left of another import into ${name}; \`phoenix volumes prune\` removes it once none is under way`);
  }
  progress("trying the archive");
  const trial = `phoenix-trial-${randomBytes(6).toString("hex")}`;
  const labels = { [trialLabel]: name, ...(stacks[0] === undefined ? {} : { [stackLabel]: stacks[0].stack }) };
  const work = async (): Promise<void> => {
    progress(`replacing the data of ${name}`);
    if (old === undefined) refuseElsewhere(await makeVolume(name, makers, ports));
    options.failpoint("before", "exchange-data");
    await ports.volumes.exchange(name, trial);
    options.failpoint("after", "exchange-data");
    for (const { stack } of stacks) {
      await ports.history.append(stack, { event: "restored", what: `volume ${name}`, because: "imported by hand" });
    }
  };
  try {
    await ports.volumes.unpack(trial, archive, { labels, root: archive.root ?? old?.root, signal: interrupted }).catch(unusable);
    await whileStopped(services, stacks, { progress, work }, ports);
  } finally {
    await ports.objects.removeVolume(trial);
  }
}

function unusable(error: unknown): never {
  if (!(error instanceof PhoenixError) || error.code === "interrupted") throw error;
  throw new PhoenixError("archive-unusable", `Cannot use the archive: ${error.message}`, { cause: error });
}

function refuseElsewhere(volume: VolumeDetail): void {
  if (isPlain(volume)) return;
  throw new PhoenixError(
    "volume-elsewhere",
    `Cannot import into ${volume.name}: its driver or options (${volume.driver}) keep the data elsewhere.`,
  );
}

const makeMs: Ms = 60_000;

/** Its unit knows with which options and labels. */
async function makeVolume(name: string, makers: readonly ServiceName[], ports: Ports): Promise<VolumeDetail> {
  for (const maker of makers.slice(0, 1)) await ports.units.job("restart", maker, makeMs);
  return await findVolume(name, ports);
}
