/** Which files of the folder are the stack's units and drop-ins, and what lies there that would be misread or overlooked. */
import type { Issue } from "../domain/errors.ts";
import type { SourceEntry, SourceFolder } from "../domain/source.ts";
import { parseUnitFileName, type UnitFileName } from "../quadlet/names.ts";

export type UnitFile = UnitFileName & { readonly file: string; readonly text: string };

export type FoundFiles = { readonly units: readonly UnitFile[]; readonly issues: readonly Issue[] };

/** The unit files of the folder's top level, by name. */
export function findUnitFiles(folder: SourceFolder): FoundFiles {
  const issues: Issue[] = [];
  const units: UnitFile[] = [];
  for (const entry of topLevel(folder)) {
    const unit = parseUnitFileName(entry.path);
    if (unit === undefined) continue;
    const problem = entryProblem(entry);
    const text = folder.texts.get(entry.path);
    if (problem !== undefined) issues.push(problem);
    else if (text === undefined) issues.push(unreadable(entry.path));
    else units.push({ ...unit, file: entry.path, text });
  }
  return { units, issues: [...issues, ...foreignFiles(folder)] };
}

/** A drop-in folder's name: `web.container.d` for one unit, `web-.container.d` and `container.d` for several. */
const dropInFolder = /^(?:(.+)\.)?(container|pod|network|volume|image|build|kube)\.d$/u;

/**
 * The drop-ins of a unit in the order in which they count: by file name, where the more specific folder replaces a file of the same
 * name in a more general one.
 */
export function findDropIns(folder: SourceFolder, unit: UnitFileName): readonly { readonly file: string; readonly text: string }[] {
  const parts = unit.name.split("-");
  const stems = parts.slice(1).map((_, index) => `${parts.slice(0, parts.length - 1 - index).join("-")}-`);
  const folders = [`${unit.name}.${unit.type}.d`, ...stems.map((stem) => `${stem}.${unit.type}.d`), `${unit.type}.d`];
  const chosen = new Map<string, { readonly file: string; readonly text: string }>();
  for (const name of folders) {
    for (const [file, text] of folder.texts) {
      const own = file.startsWith(`${name}/`) ? file.slice(name.length + 1) : "";
      if (/^[^/]+\.conf$/u.test(own) && !chosen.has(own)) chosen.set(own, { file, text });
    }
  }
  return [...chosen].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, dropIn]) => dropIn);
}

/** What lies wrong among the drop-ins: links that lead away, and folders of units that do not exist. */
export function dropInIssues(folder: SourceFolder, units: readonly UnitFile[]): readonly Issue[] {
  return folder.entries.flatMap((entry): readonly Issue[] => {
    const [top = "", file, ...rest] = entry.path.split("/");
    const match = dropInFolder.exec(top);
    if (match === null || rest.length > 0) return [];
    const [, stem, type] = match;
    if (file !== undefined) {
      if (!file.endsWith(".conf")) return [];
      const problem = entryProblem(entry) ?? (folder.texts.has(entry.path) ? undefined : unreadable(entry.path));
      return problem === undefined ? [] : [problem];
    }
    const isUsed = units.some((unit) => unit.type === type && (stem === undefined || matchesStem(unit.name, stem)));
    if (isUsed) return entry.kind === "link" ? linkProblems(entry) : [];
    const message = `The drop-ins in ${top} belong to no unit of this folder.`;
    return [
      { severity: "warning", code: "source-ignored", message, place: { file: top }, remedy: "Name it after a unit file, or remove it." },
    ];
  });
}

function matchesStem(name: string, stem: string): boolean {
  return stem.endsWith("-") ? name.startsWith(stem) : name === stem;
}

function topLevel(folder: SourceFolder): readonly SourceEntry[] {
  return folder.entries.filter((entry) => !entry.path.includes("/")).sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** The generator drops every unit of the directory for one of these. */
function entryProblem(entry: SourceEntry): Issue | undefined {
  if (entry.kind === "file") return undefined;
  if (entry.kind === "link") return linkProblems(entry)[0];
  const message = `Cannot read ${entry.path} as a unit: it is a folder.`;
  const remedy = "Give the folder another name: the generator would drop all units beside it.";
  return { severity: "error", code: "source-link", message, place: { file: entry.path }, remedy };
}

function linkProblems(entry: SourceEntry & { readonly kind: "link" }): readonly Issue[] {
  if (entry.target !== undefined && entry.inside) return [];
  const because = entry.target === undefined ? "it is a link that leads nowhere" : "it is a link that leaves the folder";
  return [{ severity: "error", code: "source-link", message: `Cannot read ${entry.path}: ${because}.`, place: { file: entry.path } }];
}

function unreadable(file: string): Issue {
  return {
    severity: "error",
    code: "file-unreadable",
    message: `Cannot read ${file}: it is no text in UTF-8, or longer than a unit can be.`,
    place: { file },
    remedy: "Write it anew as plain text.",
  };
}

const unread: Readonly<Record<string, string>> = {
  artifact: "Phoenix does not know .artifact files",
  quadlets: "Phoenix does not read .quadlets files; put each unit into a file of its own",
  service: "it is a plain systemd unit, which Quadlet does not read",
  timer: "it is a plain systemd unit, which Quadlet does not read",
  socket: "it is a plain systemd unit, which Quadlet does not read",
  target: "it is a plain systemd unit, which Quadlet does not read",
  path: "it is a plain systemd unit, which Quadlet does not read",
};

function foreignFiles(folder: SourceFolder): readonly Issue[] {
  return topLevel(folder).flatMap((entry): readonly Issue[] => {
    const extension = entry.path.slice(entry.path.lastIndexOf(".") + 1);
    const because = entry.kind === "file" && Object.hasOwn(unread, extension) ? unread[extension] : undefined;
    if (because === undefined) return [];
    const remedy = "Install it yourself, or remove it from the folder.";
    return [
      {
        severity: "warning",
        code: "source-ignored",
        message: `${entry.path} is not deployed: ${because}.`,
        place: { file: entry.path },
        remedy,
      },
    ];
  });
}

/** Unit files in sub-folders: plain Quadlet would read them, Phoenix reads only the top. Folders that images are built from are no matter. */
export function nestedUnits(folder: SourceFolder, buildContexts: readonly string[]): readonly Issue[] {
  return folder.entries.flatMap((entry): readonly Issue[] => {
    const slash = entry.path.lastIndexOf("/");
    if (slash < 0 || parseUnitFileName(entry.path.slice(slash + 1)) === undefined || entry.kind === "folder") return [];
    if (entry.path.startsWith(".") || buildContexts.some((context) => context === "" || entry.path.startsWith(`${context}/`))) return [];
    const message = `${entry.path} is not read: only the top of the folder is.`;
    return [{ severity: "warning", code: "source-ignored", message, place: { file: entry.path } }];
  });
}
