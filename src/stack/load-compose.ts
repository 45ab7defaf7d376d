/** Units that were converted from a Compose file -> the same stack as a folder of Quadlet files makes. */
import { posix } from "node:path";
import type { Conversion } from "../compose/convert.ts";
import type { Issue } from "../domain/errors.ts";
import type { SourceEntry } from "../domain/source.ts";
import type { StackName, UnitFileName } from "../domain/words.ts";
import type { UnitDocument } from "../quadlet/document.ts";
import { parseUnitFileName } from "../quadlet/names.ts";
import { validateDocument } from "../quadlet/validate.ts";
import { assembleStack, type WrittenUnit } from "./assemble.ts";
import { buildPaths } from "./image-makers.ts";
import { inFileOrder, type Loaded } from "./load.ts";
import { pathUses } from "./paths.ts";
import { insidePath } from "./tree.ts";

export type ComposeLoad = {
  readonly conversion: Pick<Conversion, "units" | "files" | "folders">;
  readonly name: StackName;
  /** The project's folder, absolute, links resolved: paths of the units count from it. */
  readonly root: string;
  /** What stands there at the paths that `pathsToLookAt` names. */
  readonly entries: readonly SourceEntry[];
  readonly podmanVersion: string | undefined;
  readonly others?: ReadonlyMap<UnitFileName, string>;
};

/** All findings are collected, each with its place in the Compose file. */
export function loadCompose({ conversion, name, root, entries, podmanVersion, others = new Map() }: ComposeLoad): Loaded {
  const units = conversion.units.flatMap((document) => writtenUnit(document) ?? []);
  const generated = conversion.files.map(({ path, text, mode }): SourceEntry => {
    return { kind: "file", path, sizeBytes: Buffer.byteLength(text), mode };
  });
  // They are made before the first start. One that is only read and not there is a mistake, though Compose would make it, too.
  const written = new Set(pathsToLookAt(conversion.units, root).flatMap(({ path, deep }) => (deep ? [] : [path])));
  const promised = conversion.folders.flatMap(({ path }): readonly SourceEntry[] => {
    const inside = insidePath(root, path);
    return inside === undefined || !written.has(inside) ? [] : [{ kind: "folder", path: inside }];
  });
  const taken = new Set(entries.map(({ path }) => path));
  const tree = { root, entries: new Map([...promised, ...entries, ...generated].map((entry) => [entry.path, entry])) };
  const knownFiles = units.map(({ file }) => file);
  const assembled = assembleStack({ name, tree, units, knownFiles, others, podmanVersion });
  const issues = inFileOrder([
    ...generated.filter(({ path }) => taken.has(path)).map(({ path }) => clash(path)),
    ...units.flatMap(({ document, type }) => validateDocument(document, { type, podmanVersion })),
    ...assembled.issues,
  ]);
  return issues.some((issue) => issue.severity === "error") ? { issues } : { stack: assembled.stack, issues };
}

function writtenUnit(document: UnitDocument): WrittenUnit | undefined {
  const name = parseUnitFileName(document.file);
  return name === undefined ? undefined : { ...name, file: document.file, document, isReadable: true };
}

function clash(path: string): Issue {
  return {
    severity: "error",
    code: "compose-value",
    message: `Cannot make ${path} of the Compose file: the project's folder has a file of that name.`,
    place: { file: path },
    remedy: "Rename that file.",
  };
}

/** The paths inside the project's folder that the units name; those that may be copied with everything below them. */
export function pathsToLookAt(
  documents: readonly UnitDocument[],
  root: string,
): readonly { readonly path: string; readonly deep: boolean }[] {
  const inside = (path: string): readonly string[] => {
    const found = insidePath(root, posix.resolve(root, path));
    return found === undefined ? [] : [found];
  };
  const units = documents.flatMap((document) => writtenUnit(document) ?? []);
  const uses = units.flatMap(({ document, type }) => pathUses(document, type)).filter(({ isLive }) => !isLive);
  const written = uses.filter(({ isReadOnly }) => !isReadOnly).flatMap(({ path }) => inside(path));
  const read = uses.filter(({ isReadOnly }) => isReadOnly).flatMap(({ path }) => inside(path));
  const builds = units.filter(({ type }) => type === "build").map(({ document }) => buildPaths(document, root));
  const contexts = builds.flatMap(({ context, file }) => [context, file].flatMap((path) => (path === undefined ? [] : inside(path))));
  // What a service writes is never copied, however much it is.
  const isWritten = (path: string): boolean => written.some((other) => path === other || path.startsWith(`${other}/`) || other === "");
  return [...[...written, ...contexts].map((path) => ({ path, deep: false })), ...read.map((path) => ({ path, deep: !isWritten(path) }))];
}
