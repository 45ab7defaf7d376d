/** Reads a real folder into a SourceFolder: small, for tests of the pure core; the product's own reader is src/adapters/files. */
import { lstatSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { join, relative } from "node:path";
import type { SourceEntry, SourceFolder } from "../../src/domain/source.ts";
import { parseUnitFileName } from "../../src/quadlet/names.ts";

export function readFolder(path: string): SourceFolder {
  const root = realpathSync(path);
  const entries = readdirSync(root, { recursive: true, withFileTypes: true })
    .map((entry) => readEntry(root, join(entry.parentPath, entry.name)))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
  const texts = new Map<string, string>();
  for (const entry of entries) {
    const isText = parseUnitFileName(entry.path) !== undefined || entry.path.endsWith(".conf");
    if (!isText || entry.kind === "folder") continue;
    const text = readText(join(root, entry.path));
    if (text !== undefined) texts.set(entry.path, text);
  }
  return { root, entries, texts };
}

function readEntry(root: string, path: string): SourceEntry {
  const status = lstatSync(path);
  const inner = relative(root, path);
  if (status.isDirectory()) return { kind: "folder", path: inner };
  if (!status.isSymbolicLink()) return { kind: "file", path: inner, sizeBytes: status.size, mode: status.mode & 0o777 };
  const target = resolveLink(path);
  return { kind: "link", path: inner, target, inside: target === root || target?.startsWith(`${root}/`) === true };
}

function resolveLink(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(readFileSync(path));
  } catch {
    return undefined;
  }
}

/** A folder that exists only here. A value is a file's text; keys that end in `/` are folders. */
export function folderOf(files: Readonly<Record<string, string>>, root = "/home/me/shop"): SourceFolder {
  const folders = new Set<string>();
  for (const path of Object.keys(files)) {
    const parts = path.split("/").slice(0, -1);
    for (const [index] of parts.entries()) folders.add(parts.slice(0, index + 1).join("/"));
  }
  const real = Object.entries(files).filter(([path]) => !path.endsWith("/"));
  const entries: SourceEntry[] = [
    ...[...folders].map((path): SourceEntry => ({ kind: "folder", path })),
    ...real.map(([path, text]): SourceEntry => ({ kind: "file", path, sizeBytes: Buffer.byteLength(text), mode: 0o644 })),
  ];
  return { root, entries: entries.sort((a, b) => (a.path < b.path ? -1 : 1)), texts: new Map(real) };
}
