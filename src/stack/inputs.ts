/**
 * Inputs and state. What units only read is copied into the generation and rolls back with it; everything else they name belongs to
 * the services: it gets an absolute path and is never copied, never removed. A read-only bind of what another unit writes is state too,
 * else it would show an old copy.
 */
import { posix } from "node:path";
import type { Issue } from "../domain/errors.ts";
import type { UnitFileName, UnitType } from "../domain/words.ts";
import type { UnitDocument } from "../quadlet/document.ts";
import { doubleSpecials } from "../quadlet/escape.ts";
import { mistakenPaths, type PathUse, pathUses } from "./paths.ts";
import type { StackInput } from "./stack.ts";
import { type Located, locate, strayLinks, type Tree } from "./tree.ts";

/** What becomes of a path that a unit names: another raw path, or the pinned copy of an input. */
export type PathFate = { readonly path: string } | { readonly input: string };
/** By the path as written. */
export type PathFates = ReadonlyMap<string, PathFate>;

export type Sorted = {
  readonly inputs: readonly StackInput[];
  readonly fates: ReadonlyMap<UnitFileName, PathFates>;
  readonly issues: readonly Issue[];
};

export const maxInputBytes = 64 * 1024 * 1024;

type Unit = { readonly file: UnitFileName; readonly type: UnitType; readonly document: UnitDocument };
type Seen = { readonly unit: Unit; readonly use: PathUse; readonly located: Located | undefined };
type Verdict = { readonly fate?: PathFate; readonly input?: StackInput; readonly issues: readonly Issue[] };

/** Sorts every path of every unit. */
export function sortPaths(tree: Tree, units: readonly Unit[]): Sorted {
  const seen = units.flatMap((unit) =>
    pathUses(unit.document, unit.type).map((use): Seen => ({ unit, use, located: use.isLive ? undefined : locate(tree, use.path) })),
  );
  const written = seen
    .filter(({ use }) => !use.isReadOnly)
    .flatMap(({ located }) => (located === undefined ? [] : [writtenPath(tree, located)]));
  const fates = new Map<UnitFileName, Map<string, PathFate>>(units.map((unit) => [unit.file, new Map()]));
  const inputs = new Map<string, StackInput>();
  const issues: Issue[] = units.flatMap((unit) => mistakenPaths(unit.document, unit.type).map(mistakenPath));
  for (const one of seen) {
    const verdict = judge(tree, one, written);
    issues.push(...verdict.issues.filter((issue) => !issues.some((other) => isSame(other, issue))));
    if (verdict.fate !== undefined) fates.get(one.unit.file)?.set(one.use.raw, verdict.fate);
    if (verdict.input !== undefined) inputs.set(verdict.input.source, merge(inputs.get(verdict.input.source), verdict.input));
  }
  return { inputs: [...inputs.values()].sort((a, b) => (a.source < b.source ? -1 : 1)), fates, issues };
}

/** A file that is bound as well must be readable in the container. */
function merge(before: StackInput | undefined, now: StackInput): StackInput {
  return before === undefined ? now : { ...before, secret: before.secret && now.secret };
}

function judge(tree: Tree, { unit, use, located }: Seen, written: readonly string[]): Verdict {
  const absolute = absoluteRaw(tree, use);
  const stay: Verdict = { ...(absolute === undefined ? {} : { fate: { path: absolute } }), issues: colonIssue(use, absolute) };
  if (located === undefined || unit.type === "build") return stay;
  const isRelative = !use.path.startsWith("/");
  if (!use.isReadOnly) {
    return located.kind === "missing" && isRelative ? { ...stay, issues: [...stay.issues, notThere(use)] } : stay;
  }
  switch (located.kind) {
    case "outside":
      return isRelative ? { ...stay, issues: [...stay.issues, outside(use)] } : stay;
    case "missing":
      return { issues: [missing(use)] };
    case "link-dangling":
    case "link-outside":
      return { issues: [badLink(use, located)] };
    default:
      return judgeInput({ tree, use, located, written, stay });
  }
}

type Candidate = {
  readonly tree: Tree;
  readonly use: PathUse;
  readonly located: Extract<Located, { readonly sizeBytes: number }>;
  readonly written: readonly string[];
  readonly stay: Verdict;
};

function judgeInput({ tree, use, located, written, stay }: Candidate): Verdict {
  const { kind, path: source, sizeBytes } = located;
  if (written.some((path) => overlaps(path, source))) return stay;
  if (use.role !== "bind" && kind === "folder") {
    return { issues: [issueAt(use, "input-missing", `Cannot read ${use.path} for ${use.key}=: it is a folder, not a file.`)] };
  }
  if (sizeBytes > maxInputBytes) {
    const message = `${use.path} is larger than 64 MiB: it is left where it is and does not roll back.`;
    return { ...stay, issues: [...stay.issues, { ...issueAt(use, "input-large", message), severity: "warning" }] };
  }
  const links = kind === "folder" ? strayLinks(tree, source) : [];
  if (links.length > 0) {
    return {
      issues: links.map((link) =>
        issueAt(use, "input-outside", `Cannot copy ${use.path} for ${use.key}=: the link ${link.path} in it leads out of it.`),
      ),
    };
  }
  const place = { file: use.pair.file, line: use.pair.line };
  return { fate: { input: source }, input: { source, kind, secret: use.role === "environment", sizeBytes, place }, issues: [] };
}

/** The raw absolute path of a relative one; undefined for what is absolute or begins with a specifier. */
function absoluteRaw(tree: Tree, use: PathUse): string | undefined {
  if (!use.isLive) return use.path.startsWith("/") ? undefined : doubleSpecials(posix.resolve(tree.root, use.path));
  if (/^[/%]/u.test(use.raw)) return undefined;
  return `${doubleSpecials(tree.root)}/${posix.normalize(use.raw)}`;
}

/** A folder above the stack's own holds all of it. */
function writtenPath(tree: Tree, { kind, path }: Located): string {
  return kind === "outside" && `${tree.root}/`.startsWith(path === "/" ? "/" : `${path}/`) ? "" : path;
}

function overlaps(a: string, b: string): boolean {
  return a === b || a === "" || b === "" || a.startsWith(`${b}/`) || b.startsWith(`${a}/`);
}

function colonIssue(use: PathUse, absolute: string | undefined): readonly Issue[] {
  if (use.key !== "Volume" || absolute?.includes(":") !== true) return [];
  const message = `Cannot use ${use.path} in Volume=: the folder's own path ${JSON.stringify(absolute)} has a colon.`;
  return [{ ...issueAt(use, "input-outside", message), remedy: "Move the stack to a folder whose path has no colon." }];
}

function missing(use: PathUse): Issue {
  const isOptional = use.key === "EnvironmentFile" && use.path.startsWith("-");
  const message = `Cannot find ${use.path}, which ${use.key}= reads.`;
  const found = issueAt(use, "input-missing", message);
  return isOptional ? { ...found, remedy: "Podman knows no optional environment files: leave the dash out, and create the file." } : found;
}

function notThere(use: PathUse): Issue {
  const message = `${use.path} is not there, and Podman does not create it.`;
  return {
    ...issueAt(use, "input-missing", message),
    severity: "warning",
    remedy: "Create the folder before the first start, or use a volume.",
  };
}

function outside(use: PathUse): Issue {
  const message = `${use.path} lies outside the stack's folder: it is read where it is and does not roll back.`;
  return { ...issueAt(use, "input-outside", message), severity: "warning" };
}

function badLink(use: PathUse, located: Located): Issue {
  const because = located.kind === "link-outside" ? "leaves the stack's folder" : "leads nowhere";
  return issueAt(use, "input-outside", `Cannot read ${use.path} for ${use.key}=: the link ${located.path} ${because}.`);
}

function mistakenPath({ source, pair }: ReturnType<typeof mistakenPaths>[number]): Issue {
  const message = `Cannot use ${source} in ${pair.key}=: it starts with neither / nor ./, so Podman takes it for a volume's name.`;
  const remedy = source.startsWith("~") ? `Write %h${source.slice(1)}.` : `Write ./${source}.`;
  return { severity: "error", code: "input-missing", message, place: { file: pair.file, line: pair.line }, remedy };
}

function issueAt(use: PathUse, code: Issue["code"], message: string): Issue {
  return { severity: "error", code, message, place: { file: use.pair.file, line: use.pair.line } };
}

function isSame(a: Issue, b: Issue): boolean {
  return a.message === b.message && a.place?.file === b.place?.file && a.place?.line === b.place?.line;
}
