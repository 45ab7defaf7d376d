import { PhoenixError } from "../domain/errors.ts";
import type { BuiltImage, Generation, PinnedImage } from "../domain/generation.ts";
import type { ImageFact } from "../domain/observed.ts";
import type { Digest, Ms, UnitFileName } from "../domain/words.ts";
import type { Attention } from "../ports/machine.ts";
import type { Ports } from "../ports/ports.ts";
import { parseExecStart } from "../quadlet/expected.ts";
import { pinTag, renderImageMaker } from "../stack/render.ts";
import type { ImageNeed, Stack, StackUnit } from "../stack/stack.ts";
import { basesOf, contextPath, findUnit, lookAtBuild } from "./builds.ts";
import { slots } from "./slots.ts";

export type ImageOptions = Attention & {
  readonly stack: Stack;
  /** What runs now: its builds are reused when nothing they are made of changed. */
  readonly current: Generation;
  /** Ask the registry again even for what is here, and build again. */
  readonly pull: boolean;
};

export type ResolvedImages = {
  readonly pinned: ReadonlyMap<UnitFileName, PinnedImage>;
  readonly facts: ReadonlyMap<UnitFileName, ImageFact>;
  /** Every build, those that no container names (bases) too. */
  readonly builds: readonly BuiltImage[];
};

/** An image that was found, pulled or built. */
export type MadeImage = {
  readonly fact: ImageFact;
  readonly buildDigest?: Digest;
  /** 0 = it was there. */
  readonly tookMs: Ms;
};

type ImagePorts = Pick<Ports, "images" | "generator" | "source" | "clock">;

/** Builds use every core as it is; a second one fills the time in which the first waits for the network or the disk. */
const atOnce = 2;

/** Makes images, each once, those it stands on first. The first failure ends what else is under way. */
export function imageMaker(options: ImageOptions, ports: ImagePorts) {
  const { stack, pull } = options;
  const failed = new AbortController();
  const interrupted = AbortSignal.any([options.interrupted, failed.signal]);
  const slot = slots(atOnce);
  const started = new Map<string, Promise<MadeImage>>();

  const once = (key: string, work: () => Promise<MadeImage>): Promise<MadeImage> => {
    const known = started.get(key);
    if (known !== undefined) return known;
    const making = work();
    started.set(key, making);
    making.catch(() => failed.abort());
    return making;
  };
  const attention = (name: string): Attention => ({ interrupted, progress: (line) => options.progress(`${name}: ${line}`) });

  const timed = (work: () => Promise<ImageFact>): Promise<MadeImage> =>
    slot(async () => {
      const startedMs = ports.clock.monotonic();
      const fact = await work();
      return { fact, tookMs: ports.clock.monotonic() - startedMs };
    });

  const build = (file: UnitFileName): Promise<MadeImage> =>
    once(`build ${file}`, async () => {
      const unit = findUnit(stack, file);
      const bases = await Promise.all(basesOf(stack, unit).map((base) => build(base.file)));
      const facts = bases.map((base) => base.fact);
      const { digest, image } = await lookAtBuild(unit, facts, options, ports);
      if (image !== undefined && !pull) return { fact: image, buildDigest: digest, tookMs: 0 };
      return { ...(await timed(() => runBuild(unit, stack, attention(file), ports))), buildDigest: digest };
    });

  const find = (reference: string): Promise<MadeImage> =>
    once(`reference ${reference}`, async () => {
      const local = pull && !reference.startsWith("localhost/") ? undefined : await ports.images.find(reference);
      return local === undefined ? await timed(() => ports.images.pull(reference, attention(reference))) : { fact: local, tookMs: 0 };
    });

  return {
    make: (need: ImageNeed): Promise<MadeImage> => (need.kind === "build" ? build(need.file) : find(need.reference)),
    build,
    /** Waits for the works; throws the first failure, once nothing goes on any more. */
    settle: async (works: readonly Promise<unknown>[]): Promise<void> => {
      try {
        await Promise.all(works);
      } catch (error) {
        await Promise.allSettled(started.values());
        throw error;
      }
    },
  };
}

/** Gets every image of a stack: builds, pulls, or finds it here. */
export async function resolveImages(options: ImageOptions, ports: ImagePorts): Promise<ResolvedImages> {
  const maker = imageMaker(options, ports);
  const pinned = new Map<UnitFileName, PinnedImage>();
  const facts = new Map<UnitFileName, ImageFact>();
  const builds = new Map<UnitFileName, BuiltImage>();
  const resolve = async (unit: StackUnit, need: ImageNeed): Promise<void> => {
    const image = await maker.make(need);
    facts.set(unit.file, image.fact);
    pinned.set(unit.file, pin(options.stack, unit, need, image));
  };
  const record = async ({ file }: StackUnit): Promise<void> => {
    const { fact, buildDigest = "" } = await maker.build(file);
    builds.set(file, { file, digest: buildDigest, id: fact.id });
  };
  const needed = options.stack.units.flatMap((unit) => (unit.image === undefined ? [] : [resolve(unit, unit.image)]));
  await maker.settle(needed);
  await maker.settle(neededBuilds(options.stack).map(record));
  return { pinned, facts, builds: [...builds.values()] };
}

/** The builds that a container or an image volume stands on, directly or not. */
function neededBuilds(stack: Stack): readonly StackUnit[] {
  const found = new Map<UnitFileName, StackUnit>();
  const add = (unit: StackUnit): void => {
    if (found.has(unit.file)) return;
    found.set(unit.file, unit);
    for (const base of basesOf(stack, unit)) add(base);
  };
  for (const { image } of stack.units) if (image?.kind === "build") add(findUnit(stack, image.file));
  return [...found.values()];
}

/** The image as the generation names it. */
export function pin(stack: Stack, unit: StackUnit, need: ImageNeed, { fact, buildDigest }: Omit<MadeImage, "tookMs">): PinnedImage {
  const repoDigest = fact.repoDigests[0];
  return {
    reference: need.kind === "reference" ? need.reference : need.file,
    id: fact.id,
    ...(repoDigest === undefined ? {} : { repoDigest }),
    ...(buildDigest === undefined ? {} : { buildDigest }),
    tag: pinTag(stack.name, unit, fact.id),
  };
}

async function runBuild(unit: StackUnit, stack: Stack, attention: Attention, ports: ImagePorts): Promise<ImageFact> {
  const { file, service } = unit;
  attention.progress("building");
  const generated = await ports.generator.generate(new Map([[file, renderImageMaker(stack, unit)]]));
  const text = generated.units.find((other) => other.service === service)?.text;
  if (text === undefined)
    throw new PhoenixError("generator-refused", `Cannot build ${file}: ${generated.messages.join("; ")}.`, { place: { file } });
  return await ports.images.build({ service, execStart: parseExecStart(text), workingFolder: contextPath(stack, unit) }, attention);
}
