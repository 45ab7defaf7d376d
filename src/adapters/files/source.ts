import { lstat, readdir, readFile, realpath, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { PhoenixError } from "../../domain/errors.ts";
import type { SourceEntry, SourceFolder } from "../../domain/source.ts";
import type { FoundPath, Source } from "../../ports/store.ts";
import { parseUnitFileName } from "../../quadlet/names.ts";
import { codeOf } from "./failure.ts";
import { lookAt } from "./lookAt.ts";
import { digestTree, isWithin } from "./tree.ts";

const textLimitBytes = 1024 * 1024;
const textLimit = 2_000;
const entryLimit = 50_000;

/** Large, and never a part of a stack. */
const skipped: ReadonlySet<string> = new Set([".git", "node_modules"]);

/** What a person wrote. Reads and never writes. */
export function folderSource(): Source {
  return {
    read: readSource,
    digest: async (root, path) =>
      await readable(path, async () => {
        const realRoot = await realpath(root);
        const real = await realpath(join(realRoot, path.startsWith(`${realRoot}/`) ? path.slice(realRoot.length) : path));
        if (!isWithin(realRoot, real)) throw new PhoenixError("link-outside", `Cannot use ${path}: it leads out of ${realRoot}.`);
        return await digestTree(real);
      }),
    find: async (path) => await readable(path, () => findPath(path)),
    texts: async (paths) => new Map(await Promise.all(paths.map(async (path) => [path, await readComposeText(path)] as const))),
    look: async (root, paths) => await readable(root, () => lookAt(root, paths)),
  };
}

async function findPath(path: string): Promise<FoundPath> {
  const missing = (cause: unknown): never => {
    throw new PhoenixError("source-missing", `Cannot read ${path}: it does not exist.`, { cause });
  };
  const found = await stat(path).catch(missing);
  if (!found.isDirectory()) return { kind: "file", folder: await realpath(dirname(path)), name: basename(path) };
  return { kind: "folder", folder: await realpath(path), names: (await readdir(path)).sort() };
}

/** As the Compose reader bounds it. */
const composeLimitBytes = 10 * 1024 * 1024;

async function readComposeText(path: string): Promise<string | null> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile() !== true || found.size > composeLimitBytes) return null;
  const bytes = await readFile(path).catch(() => undefined);
  return bytes === undefined ? null : (decode(bytes) ?? null);
}

/** The folder's entries and the texts in it; of a path that names a file, the folder it stands in. */
async function readSource(path: string): Promise<SourceFolder> {
  const real = await realpath(path).catch((cause: unknown) => {
    throw new PhoenixError("source-missing", `Cannot read ${path}: it does not exist.`, { cause });
  });
  return await readable(path, async () => {
    const root = (await stat(real)).isDirectory() ? real : dirname(real);
    const entries = await listFolder(root);
    return { root, entries, texts: await readTexts(root, entries) };
  });
}

/** Only the Quadlet files and their drop-ins: what a generation keeps of its source. */
export async function readQuadletTexts(path: string): Promise<ReadonlyMap<string, string>> {
  const { texts } = await readSource(path);
  return new Map([...texts].filter(([name]) => isQuadletText(name)));
}

async function listFolder(root: string): Promise<readonly SourceEntry[]> {
  const entries: SourceEntry[] = [];
  const folders = [""];
  for (let folder = folders.shift(); folder !== undefined; folder = folders.shift()) {
    for (const name of (await readdir(join(root, folder))).sort()) {
      if (skipped.has(name)) continue;
      if (entries.length >= entryLimit) {
        throw new PhoenixError("source-too-large", `Cannot read ${root}: it holds more than ${entryLimit} files.`);
      }
      const path = folder === "" ? name : `${folder}/${name}`;
      const found = await lstat(join(root, path));
      if (found.isFile()) entries.push({ kind: "file", path, sizeBytes: found.size, mode: found.mode & 0o7777 });
      else if (found.isSymbolicLink()) {
        const target = await realpath(join(root, path)).catch(() => undefined);
        entries.push({ kind: "link", path, target, inside: target !== undefined && isWithin(root, target) });
      } else if (found.isDirectory()) {
        entries.push({ kind: "folder", path });
        folders.push(path);
      }
    }
  }
  return entries;
}

/** A text that is too large or not UTF-8 is left out: the loader knows the file from the entries, and says so with its place. */
async function readTexts(root: string, entries: readonly SourceEntry[]): Promise<ReadonlyMap<string, string>> {
  const wanted = entries.filter((entry) => entry.kind !== "folder" && (isQuadletText(entry.path) || isOtherText(entry.path)));
  if (wanted.length > textLimit) {
    throw new PhoenixError("source-too-large", `Cannot read ${root}: it holds more than ${textLimit} unit files.`);
  }
  const texts = new Map<string, string>();
  for (const entry of wanted) {
    if (entry.kind === "link" && !entry.inside) continue;
    const path = join(root, entry.path);
    const found = await stat(path);
    if (!found.isFile() || found.size > textLimitBytes) continue;
    const text = decode(await readFile(path));
    if (text !== undefined) texts.set(entry.path, text);
  }
  return texts;
}

/** `web.container`, and `web.container.d/10-ports.conf` or `container.d/10-all.conf`. */
function isQuadletText(path: string): boolean {
  const [first = "", second, ...rest] = path.split("/");
  if (second === undefined) return parseUnitFileName(first) !== undefined;
  return (
    rest.length === 0 && first.endsWith(".d") && second.endsWith(".conf") && parseUnitFileName(`x.${first.slice(0, -2)}`) !== undefined
  );
}

/** What a Compose project is made of, and the files that `.kube` units name. */
function isOtherText(path: string): boolean {
  return !path.includes("/") && (/\.ya?ml$/iu.test(path) || basename(path) === ".env");
}

/** A byte order mark is kept: the parser refuses it with file and line. */
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decode(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

async function readable<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    throw new PhoenixError("file-unreadable", `Cannot read ${(error as NodeJS.ErrnoException).path ?? path}: ${code}.`, { cause: error });
  }
}
