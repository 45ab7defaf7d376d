/**
 * Hand-written Quadlet files as a folder of Phoenix's: the files as they are, with the files they only read. What they write stays where
 * it is, so data moves nowhere: such paths become absolute, and a volume keeps the name that Podman knows it by.
 */
import { posix } from "node:path";
import type { NewFile, SourceFolder } from "../domain/source.ts";
import { type Entry, hasSection, isPair, lookupAll, lookupLast, lookupPairs, type UnitDocument } from "../quadlet/document.ts";
import { appendEntry, withValue } from "../quadlet/edit.ts";
import { doubleSpecials } from "../quadlet/escape.ts";
import { typeSection, type UnitType } from "../quadlet/names.ts";
import { parseDocument } from "../quadlet/parse.ts";
import { serialiseDocument } from "../quadlet/serialise.ts";
import { findDropIns, findUnitFiles } from "./files.ts";
import { buildPaths } from "./image-makers.ts";
import type { PathFate } from "./inputs.ts";
import { mapPaths } from "./paths.ts";
import type { Stack, StackUnit } from "./stack.ts";

export type TakeOver = {
  readonly files: readonly NewFile[];
  /** Of the old folder, relative to it: what has to go before Phoenix can deploy units of the same names. */
  readonly replaced: readonly string[];
};

/** Unit files and drop-ins of a folder that was loaded without errors. */
export function takeOver(folder: SourceFolder, stack: Stack): TakeOver {
  const found = findUnitFiles(folder).units;
  const written = new Map<string, NewFile>();
  for (const file of found) {
    const unit = stack.units.find((one) => one.file === file.file);
    if (unit === undefined) continue;
    const moved = movedUnit(parseDocument(file.text, file.file).document, unit, stack.root);
    const text = `# Taken over from ${posix.join(folder.root, file.file)}\n${serialiseDocument(moved)}`;
    written.set(file.file, { path: file.file, text, secret: isPrivate(folder, file.file) });
    for (const dropIn of findDropIns(folder, file)) {
      const document = withPaths(parseDocument(dropIn.text, dropIn.file).document, unit.type, unit.paths);
      const placed = unit.type === "build" ? withFolders(document, stack.root) : document;
      written.set(dropIn.file, { path: dropIn.file, text: serialiseDocument(placed), secret: isPrivate(folder, dropIn.file) });
    }
  }
  const inputs = stack.inputs.map(({ source, secret }): NewFile => {
    return { path: source, from: posix.join(stack.root, source), secret };
  });
  const tops = [...written.keys()].map((path) => path.split("/")[0] ?? path);
  return { files: [...written.values(), ...inputs], replaced: [...new Set(tops)].sort() };
}

function movedUnit(document: UnitDocument, unit: StackUnit, root: string): UnitDocument {
  const placed = withPaths(document, unit.type, unit.paths);
  if (unit.type === "build") return withFolders(placed, root, true);
  if (unit.type !== "volume" || lookupLast(unit.document, "Volume", "VolumeName") !== undefined) return placed;
  return appendEntry(placed, "Volume", "VolumeName", unit.object);
}

/** Read-only files come along under the same relative path; everything else stays, and is named from the root. */
function withPaths(document: UnitDocument, type: UnitType, fates: ReadonlyMap<string, PathFate>): UnitDocument {
  const mapped = mapPaths(document, type, ({ raw }) => {
    const fate = fates.get(raw);
    if (fate === undefined) return undefined;
    return "path" in fate ? fate.path : `./${doubleSpecials(fate.input)}`;
  });
  return inPlace(document, mapped, typeSection(type));
}

/** The same values where a person wrote them: `mapPaths` gathers the lines of a key. */
function inPlace(document: UnitDocument, mapped: UnitDocument, section: string): UnitDocument {
  const placed = (entry: Entry): Entry => {
    if (!isPair(entry)) return entry;
    const index = lookupPairs(document, section, entry.key).indexOf(entry);
    const value = index < 0 ? undefined : lookupAll(mapped, section, entry.key)[index];
    return value === undefined || value === entry.value ? entry : { ...entry, value, raw: `${entry.key}=${value}\n` };
  };
  const sections = document.sections.map((one) => (one.name === section ? { ...one, entries: one.entries.map(placed) } : one));
  return { ...document, sections };
}

/** Build contexts are not copied. `always`: a unit that names none has its own folder as context. */
function withFolders(document: UnitDocument, root: string, always = false): UnitDocument {
  const names = (key: string): boolean => lookupLast(document, "Build", key) !== undefined;
  if (!always && !names("SetWorkingDirectory") && !names("File")) return document;
  const { context, file } = buildPaths(document, root);
  if (context === undefined || !hasSection(document, "Build")) return document;
  const placed = withValue(document, "Build", "SetWorkingDirectory", doubleSpecials(context));
  return file === undefined ? placed : withValue(placed, "Build", "File", doubleSpecials(file));
}

/** What nobody else may read stays so. */
function isPrivate({ entries }: SourceFolder, path: string): boolean {
  const entry = entries.find((one) => one.path === path);
  return entry?.kind === "file" && (entry.mode & 0o077) === 0;
}
