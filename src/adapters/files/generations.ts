import { lstat, mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PhoenixError } from "../../domain/errors.ts";
import { emptyGeneration, type Generation } from "../../domain/generation.ts";
import type { GenerationNumber, StackName } from "../../domain/words.ts";
import type { Generations } from "../../ports/store.ts";
import { sweepTemporary, syncFolder, temporaryName, writeSynced } from "./atomic.ts";
import { pinInput, retainInputs } from "./contents.ts";
import { codeOf, ifThere, withReason } from "./failure.ts";
import { readLive, writeLive } from "./liveLink.ts";
import { decodeManifest, encodeManifest } from "./manifest.ts";
import { ensureState, requireSafe, requireSafeIfThere } from "./safeFolder.ts";
import { readQuadletTexts } from "./source.ts";
import { folderNumber, type StatePaths } from "./statePaths.ts";
import { restoreUnits, unitDrift, writeUnits } from "./unitFiles.ts";

/**
 * Generations as folders (D3). A folder appears by rename, whole, and is never written again, but for unit files that are put back as
 * its manifest says. A number is never given out twice.
 */
export function folderGenerations(paths: StatePaths): Generations {
  return {
    stateRoot: paths.stateRoot,

    list: async (stack) => {
      const { generationsPath } = paths.stack(stack);
      return await withReason(`list the generations of ${stack}`, async () => {
        const numbers = await numbersIn(generationsPath);
        const kept = await Promise.all(numbers.map(async (number) => (await hasManifest(paths, stack, number)) && number));
        return kept.filter((number) => number !== false);
      });
    },

    read: async (stack, number) => {
      if (number === 0) return emptyGeneration(stack);
      return await withReason(`read generation ${number} of ${stack}`, async () => {
        const generation = await readManifest(paths, stack, number);
        const drift = await unitDrift(paths.stack(stack).units(number), generation);
        return drift.length === 0 ? generation : { ...generation, drift };
      });
    },

    write: async (candidate, inputs, made) =>
      await withReason(`write a generation of ${candidate.stack}`, async () => {
        const { filesPath, generationsPath } = paths.stack(candidate.stack);
        await ensureState(paths, "stacks", candidate.stack, "files");
        await ensureState(paths, "stacks", candidate.stack, "generations");
        for (const folder of [filesPath, generationsPath]) await sweepTemporary(folder);
        for (const input of inputs) await pinInput(candidate.source, input, filesPath, made?.inputs.get(input.source));
        return await writeGeneration(candidate, generationsPath, made?.source ?? (await quadletTexts(candidate.source)));
      }),

    keep: async (stack, inputs, made) =>
      await withReason(`keep files of ${stack}`, async () => {
        await ensureState(paths, "stacks", stack, "files");
        for (const input of inputs) await pinInput("", input, paths.stack(stack).filesPath, made.inputs.get(input.source));
      }),

    live: async (stack) => await withReason(`read the live link of ${stack}`, () => readLive(paths, stack)),

    switch: async (stack, number, edited = "overwrite") =>
      await withReason(`switch ${stack} to generation ${number}`, async () => {
        if (number !== 0) {
          const generation = await readManifest(paths, stack, number);
          await mkdir(paths.stack(stack).units(number), { recursive: true, mode: 0o700 });
          await restoreUnits(paths.stack(stack).units(number), generation, edited);
        }
        await writeLive(paths, stack, number);
      }),

    retain: async (stack, keep) =>
      await withReason(`remove old generations of ${stack}`, async () => {
        const { generationsPath, generation, filesPath } = paths.stack(stack);
        if (!(await requireSafeIfThere(generationsPath))) return;
        const all = new Set([...keep, (await readLive(paths, stack)) ?? 0]);
        // A higher one is a candidate that waits for its turn. So the highest number is never given out again either.
        const newest = Math.max(...all);
        const kept: Generation[] = [];
        let isSure = true;
        for (const number of await numbersIn(generationsPath)) {
          if (number < newest && !all.has(number)) await removeGeneration(generation(number));
          else {
            const found = await readManifest(paths, stack, number).catch(() => undefined);
            if (found === undefined) isSure = false;
            else kept.push(found);
          }
        }
        await syncFolder(generationsPath);
        const inputs = kept.flatMap((found) => found.units.flatMap((unit) => unit.inputs));
        // What a damaged manifest names is not known: then nothing of the content goes.
        if (isSure) await retainInputs(filesPath, inputs);
      }),

    forget: async (stack) =>
      await withReason(`remove ${stack}`, async () => {
        const { folder, generationsPath, filesPath, historyPath } = paths.stack(stack);
        await writeLive(paths, stack, 0);
        if (!(await requireSafeIfThere(folder))) return;
        for (const path of [generationsPath, filesPath, historyPath]) await rm(path, { recursive: true, force: true });
        await rm(folder, { recursive: true, force: true });
        await syncFolder(paths.stacksPath);
      }),
  };
}

async function numbersIn(generationsPath: string): Promise<readonly GenerationNumber[]> {
  const names = (await ifThere(readdir(generationsPath))) ?? [];
  return names.flatMap((name) => folderNumber(name) ?? []).sort((a, b) => a - b);
}

async function hasManifest(paths: StatePaths, stack: StackName, number: GenerationNumber): Promise<boolean> {
  return ((await ifThere(readdir(paths.stack(stack).generation(number)))) ?? []).includes("manifest.json");
}

async function readManifest(paths: StatePaths, stack: StackName, number: GenerationNumber): Promise<Generation> {
  const folder = paths.stack(stack).generation(number);
  const path = join(folder, "manifest.json");
  const text = await ifThere(readFile(path, "utf8"));
  if (text === undefined) throw new PhoenixError("generation-unknown", `Cannot read generation ${number} of ${stack}: there is none.`);
  await requireSafe(folder);
  return decodeManifest(text, stack, number, path);
}

/** Everything but the number is on the disk before the rename that makes the generation exist. */
async function writeGeneration(
  candidate: Omit<Generation, "number">,
  generationsPath: string,
  source: ReadonlyMap<string, string>,
): Promise<Generation> {
  const temporary = join(generationsPath, temporaryName("generation"));
  try {
    await mkdir(join(temporary, "units"), { recursive: true, mode: 0o700 });
    await mkdir(join(temporary, "source"), { mode: 0o700 });
    await writeUnits(join(temporary, "units"), candidate.units);
    await writeSource(join(temporary, "source"), source);
    for (;;) {
      const number = ((await numbersIn(generationsPath)).at(-1) ?? 0) + 1;
      const generation = ordered(candidate, number);
      await rm(join(temporary, "manifest.json"), { force: true });
      await writeSynced(join(temporary, "manifest.json"), encodeManifest(generation));
      await syncFolder(temporary);
      try {
        await rename(temporary, join(generationsPath, String(number).padStart(4, "0")));
      } catch (error) {
        // Preparing needs no lane: somebody else was faster with this number.
        if (codeOf(error) === "ENOTEMPTY" || codeOf(error) === "EEXIST") continue;
        throw error;
      }
      await syncFolder(generationsPath);
      return generation;
    }
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/** The manifest's own keys, in the order a person wants to read them, and no others (a generation that was read carries its drift). */
function ordered(candidate: Omit<Generation, "number">, number: GenerationNumber): Generation {
  const { schema, stack, source, digest, contentDigest, generatorVersion, createdAt, units, builds = [] } = candidate;
  return { schema, stack, number, source, digest, contentDigest, generatorVersion, createdAt, units, builds };
}

async function quadletTexts(sourcePath: string): Promise<ReadonlyMap<string, string>> {
  return await readQuadletTexts(sourcePath).catch(() => new Map<string, string>());
}

/** The person's own files, for whoever wants to see what a generation was made from. Nothing reads them again. */
async function writeSource(folder: string, texts: ReadonlyMap<string, string>): Promise<void> {
  for (const [path, text] of texts) {
    const target = join(folder, path);
    await mkdir(dirname(target), { recursive: true, mode: 0o700 });
    await writeSynced(target, text);
    await syncFolder(dirname(target));
  }
  await syncFolder(folder);
}

/** The manifest goes first: without it a folder is no generation, however much of it a crash leaves. */
async function removeGeneration(folder: string): Promise<void> {
  await rm(join(folder, "manifest.json"), { force: true });
  if ((await ifThere(lstat(folder))) !== undefined) await syncFolder(folder);
  await rm(folder, { recursive: true, force: true });
}
