import { createHash } from "node:crypto";
import { lstat, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { PhoenixError } from "../../domain/errors.ts";
import type { Generation, GenerationUnit } from "../../domain/generation.ts";
import type { UnitFileDrift } from "../../ports/store.ts";
import { parseUnitFileName } from "../../quadlet/names.ts";
import { syncFolder, temporaryName, writeAtomic, writeSynced } from "./atomic.ts";
import { ifThere } from "./failure.ts";

/** The units whose text stands in `units/`; what makes images is not part of the live folder. */
function liveUnits(units: readonly GenerationUnit[]): readonly GenerationUnit[] {
  return units.filter(({ type }) => type !== "build" && type !== "image");
}

/** Writes the unit files of a new generation. */
export async function writeUnits(folder: string, units: readonly GenerationUnit[]): Promise<void> {
  for (const { file, text } of liveUnits(units)) {
    if (file.includes("/") || parseUnitFileName(file) === undefined) {
      throw new PhoenixError("state-unsafe", `Cannot write ${JSON.stringify(file)}: it is not the name of a unit file.`);
    }
    await writeSynced(join(folder, file), text, 0o644);
  }
  await syncFolder(folder);
}

/** What in `units/` is not as the manifest says. */
export async function unitDrift(folder: string, generation: Generation): Promise<readonly UnitFileDrift[]> {
  const units = liveUnits(generation.units);
  const drift: UnitFileDrift[] = [];
  for (const { file, text } of units) {
    const path = join(folder, file);
    const found = await ifThere(lstat(path));
    if (found === undefined) drift.push({ file, kind: "missing" });
    // A link, or a file that cannot be read, is not what we wrote either.
    else if (!found.isFile() || digestOf(await readFile(path).catch(() => "")) !== digestOf(text)) drift.push({ file, kind: "edited" });
  }
  const names = new Set(units.map(({ file }) => file));
  for (const name of (await ifThere(readdir(folder))) ?? []) {
    if (!names.has(name) && !name.startsWith(".tmp-")) drift.push({ file: name, kind: "foreign" });
  }
  return drift;
}

/** Puts unit files back as the manifest has them. What is nobody's goes too: the generator would read it as a part of the stack. */
export async function restoreUnits(folder: string, generation: Generation, edited: "overwrite" | "keep"): Promise<void> {
  const texts = new Map(generation.units.map(({ file, text }) => [file, text]));
  for (const { file, kind } of await unitDrift(folder, generation)) {
    if (kind !== "missing" && edited === "keep") continue;
    const path = join(folder, file);
    const found = await ifThere(lstat(path));
    // Out of the generator's sight in one step, whatever it is.
    if (found !== undefined && (kind === "foreign" || !found.isFile())) {
      const aside = join(folder, "..", temporaryName("aside"));
      await rename(path, aside);
      await rm(aside, { recursive: true, force: true });
    }
    const text = texts.get(file);
    if (kind !== "foreign" && text !== undefined) await writeAtomic(path, text, 0o644);
  }
  await syncFolder(folder);
}

function digestOf(data: string | Uint8Array): string {
  return createHash("sha256").update(data).digest("hex");
}
