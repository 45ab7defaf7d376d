/** A folder of Quadlet files -> a stack. A person gets every finding at once, each with its place and what to do. */
import type { Issue } from "../domain/errors.ts";
import type { SourceFolder } from "../domain/source.ts";
import type { UnitFileName } from "../domain/words.ts";
import { mergeDropIn, type UnitDocument } from "../quadlet/document.ts";
import { parseUnitFileName } from "../quadlet/names.ts";
import { parseDocument } from "../quadlet/parse.ts";
import { validateDocument } from "../quadlet/validate.ts";
import { assembleStack, type WrittenUnit } from "./assemble.ts";
import { dropInIssues, findDropIns, findUnitFiles, nestedUnits, type UnitFile } from "./files.ts";
import { contextsInside } from "./image-makers.ts";
import type { Stack } from "./stack.ts";
import { chooseStackName } from "./stack-name.ts";
import { makeTree } from "./tree.ts";

export type LoadOptions = {
  readonly folder: SourceFolder;
  /** What `--stack` says; else the folder's name decides. */
  readonly name?: string | undefined;
  /** The generator's version; undefined checks no versions. */
  readonly podmanVersion: string | undefined;
  /** Unit files of other stacks, which may be referred to, and the names of their Podman objects. */
  readonly others?: ReadonlyMap<UnitFileName, string>;
};

/** There is a stack only if there is no error among the issues. */
export type Loaded = { readonly stack?: Stack; readonly issues: readonly Issue[] };

/** Reads a folder of Quadlet files. All findings are collected, each with its place. */
export function loadStack({ folder, name: wanted, podmanVersion, others = new Map() }: LoadOptions): Loaded {
  const chosen = chooseStackName(folder.root, wanted);
  const found = findUnitFiles(folder);
  const read = found.units.map((unit) => readUnit(folder, unit, podmanVersion));
  const units = read.map((one) => one.unit);
  const builds = units.filter((unit) => unit.type === "build").map((unit) => unit.document);
  const assembled = assembleStack({
    name: "name" in chosen ? chosen.name : "",
    tree: makeTree(folder),
    units,
    // A file that could not be read is there all the same; that it cannot be found would be one message too many.
    knownFiles: folder.entries.map((entry) => entry.path).filter((path) => parseUnitFileName(path) !== undefined),
    others,
    podmanVersion,
  });
  const issues = inFileOrder([
    ...("issue" in chosen ? [chosen.issue] : []),
    ...found.issues,
    ...dropInIssues(folder, found.units),
    ...nestedUnits(folder, contextsInside(builds, folder.root)),
    ...read.flatMap((one) => one.issues),
    ...assembled.issues,
  ]);
  return issues.some((issue) => issue.severity === "error") ? { issues } : { stack: assembled.stack, issues };
}

function readUnit(
  folder: SourceFolder,
  file: UnitFile,
  podmanVersion: string | undefined,
): { unit: WrittenUnit; issues: readonly Issue[] } {
  const parsed = parseDocument(file.text, file.file);
  const dropIns = findDropIns(folder, file).map((dropIn) => parseDocument(dropIn.text, dropIn.file));
  const document = dropIns.reduce<UnitDocument>((merged, dropIn) => mergeDropIn(merged, dropIn.document), parsed.document);
  // After a byte order mark nothing reads as it should; one finding is enough.
  const own = file.text.startsWith("\u{FEFF}") ? parsed.issues.slice(0, 1) : parsed.issues;
  const syntax = [...own, ...dropIns.flatMap((dropIn) => dropIn.issues)];
  const isReadable = !syntax.some((issue) => issue.severity === "error");
  const unit = { file: file.file, name: file.name, type: file.type, service: file.service, document };
  // What follows from lines that cannot be read would only hide the reason.
  const issues = isReadable ? [...syntax, ...validateDocument(document, { type: file.type, podmanVersion })] : syntax;
  return { unit: { ...unit, isReadable }, issues };
}

/** As a compiler prints them: by file and line, each finding once (a drop-in may serve several units). */
export function inFileOrder(issues: readonly Issue[]): readonly Issue[] {
  const seen = new Set<string>();
  const once = issues.filter((issue) => {
    const key = JSON.stringify(issue);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  return once.sort((a, b) => compare(a.place?.file ?? "", b.place?.file ?? "") || (a.place?.line ?? 0) - (b.place?.line ?? 0));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
