/** `.build` and `.image` files: where images come from. They are inputs of a generation and no part of it. */
import { posix } from "node:path";
import type { Issue } from "../domain/errors.ts";
import type { UnitFileName, UnitType } from "../domain/words.ts";
import { lookupPairs, type UnitDocument, withValue } from "../quadlet/document.ts";
import { doubleSpecials, undoubleSpecials } from "../quadlet/escape.ts";
import { parseUnitFileName, typeSection } from "../quadlet/names.ts";
import type { ImageNeed } from "./stack.ts";
import { insidePath, locate, type Tree } from "./tree.ts";
import { lastValue, valuesOf } from "./values.ts";

export type BuildPaths = {
  /** Absolute; undefined for a URL. */
  readonly context: string | undefined;
  /** The Containerfile, absolute; undefined where Podman looks for its default or fetches it. */
  readonly file: string | undefined;
};

const url = /^(?:https?|git):/u;

/** The folder an image is built from and its Containerfile, as the generator would find them from the stack's folder. */
export function buildPaths(document: UnitDocument, root: string): BuildPaths {
  const context = undoubleSpecials(lastValue(document, "build", "SetWorkingDirectory") ?? "");
  const file = undoubleSpecials(lastValue(document, "build", "File") ?? "");
  if (url.test(context)) return { context: undefined, file: undefined };
  const fromRoot = file === "" || url.test(file) ? undefined : posix.resolve(root, file);
  const folders: Readonly<Record<string, string>> = { "": root, unit: root, file: posix.dirname(fromRoot ?? root) };
  const folder = folders[context.toLowerCase()] ?? posix.resolve(root, context);
  if (fromRoot === undefined) return { context: folder, file: undefined };
  return { context: folder, file: context.toLowerCase() === "file" ? fromRoot : posix.resolve(folder, file) };
}

/** The folders inside the stack's own that images are built from, relative to it. */
export function contextsInside(documents: readonly UnitDocument[], root: string): readonly string[] {
  return documents.flatMap((document) => {
    const { context } = buildPaths(document, root);
    const inside = context === undefined ? undefined : insidePath(root, context);
    return inside === undefined ? [] : [inside];
  });
}

/** A context or Containerfile inside the folder that is not there. What lies outside is seen when the image is built. */
export function buildIssues(document: UnitDocument, tree: Tree): readonly Issue[] {
  const paths = buildPaths(document, tree.root);
  const questions = [
    ["SetWorkingDirectory", paths.context],
    ["File", paths.file],
  ] as const;
  return questions.flatMap(([key, path]): readonly Issue[] => {
    const pair = lookupPairs(document, "Build", key).at(-1);
    if (pair === undefined || path === undefined || /[%$]/u.test(pair.value)) return [];
    if (locate(tree, path).kind !== "missing") return [];
    const message = `Cannot find ${pair.value}, which ${key}= names.`;
    return [{ severity: "error", code: "input-missing", message, place: { file: pair.file, line: pair.line } }];
  });
}

/** The same file for the generator, which may read it from any folder: only absolute paths. */
export function withAbsoluteBuild(document: UnitDocument, root: string): UnitDocument {
  const { context, file } = buildPaths(document, root);
  if (context === undefined) return document;
  const placed = withValue(document, "Build", "SetWorkingDirectory", doubleSpecials(context));
  return file === undefined ? placed : withValue(placed, "Build", "File", doubleSpecials(file));
}

export type FoundImage = { readonly need?: ImageNeed; readonly issues: readonly Issue[] };

/** Where the image of a container or an image volume comes from. `makers`: the `.build` and `.image` files of the folder. */
export function imageOf(document: UnitDocument, type: UnitType, makers: ReadonlyMap<UnitFileName, UnitDocument>): FoundImage {
  const written = type === "container" || type === "volume" ? lastValue(document, type, "Image") : undefined;
  if (written === undefined) return { issues: [] };
  const pair = lookupPairs(document, typeSection(type), "Image").at(-1);
  const place = pair === undefined ? {} : { place: { file: pair.file, line: pair.line } };
  const maker = parseUnitFileName(written);
  if (maker?.type === "build" || maker?.type === "image") {
    const made = makers.get(written);
    if (made === undefined) return { issues: [] };
    const reference = maker.type === "build" ? valuesOf(made, "build", "ImageTag")[0]?.value : lastValue(made, "image", "Image");
    return { need: { kind: maker.type, file: written, reference: undoubleSpecials(reference ?? "") }, issues: [] };
  }
  const reference = undoubleSpecials(written);
  if (/[%$]/u.test(reference)) {
    const message = `Cannot use Image=${written}: a name with a specifier or variable is known only to systemd, and cannot be pinned.`;
    return { issues: [{ severity: "error", code: "unit-value", message, ...place, remedy: "Write the image's full name." }] };
  }
  const need: ImageNeed = { kind: "reference", reference };
  if (isQualified(reference)) return { need, issues: [] };
  const message = `Image=${reference} does not say which registry it comes from, so another machine may take another image.`;
  const full = `docker.io/${reference.includes("/") ? "" : "library/"}${reference}`;
  return {
    need,
    issues: [{ severity: "warning", code: "unit-value", message, ...place, remedy: `Write the full name, such as ${full}.` }],
  };
}

function isQualified(reference: string): boolean {
  return /^(?:[\da-f]{12,64}|sha256:.*|localhost\/.*|[^/]*[.:][^/]*\/.*|[a-z-]+:\/.*)$/u.test(reference);
}
