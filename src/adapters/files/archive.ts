import { createWriteStream } from "node:fs";
import { mkdtemp, open, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { PhoenixError } from "../../domain/errors.ts";
import type { Archive } from "../../ports/volumes.ts";
import { codeOf } from "./failure.ts";
import { readRootHeader } from "./tarHeader.ts";

/** An archive that can be read more than once: standard input is copied into a private file first, and gone afterwards. */
export async function withArchive<T>(path: string, use: (archive: Archive) => Promise<T>): Promise<T> {
  if (path !== "-") return await use(await look(path));
  // /run would be memory, and the archive may be as large as the volume.
  const folder = await mkdtemp(join(process.env["TMPDIR"] === undefined ? "/var/tmp" : tmpdir(), "phoenix-import-"));
  try {
    const copy = join(folder, "volume.tar");
    await pipeline(process.stdin, createWriteStream(copy, { mode: 0o600, flags: "wx" }));
    return await use(await look(copy));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function look(path: string): Promise<Archive> {
  try {
    const file = await open(path, "r");
    try {
      if (!(await file.stat()).isFile()) throw new PhoenixError("archive-unusable", `Cannot import ${path}: it is not a file.`);
      const block = Buffer.alloc(512);
      const { bytesRead } = await file.read(block, 0, block.length, 0);
      // Podman would take an empty file for an empty volume.
      if (bytesRead === 0) throw new PhoenixError("archive-unusable", `Cannot import ${path}: it is empty.`);
      return { path, root: readRootHeader(block.subarray(0, bytesRead)) };
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof PhoenixError) throw error;
    const why = codeOf(error) === "ENOENT" ? "there is no such file" : (codeOf(error) ?? String(error));
    throw new PhoenixError("file-unreadable", `Cannot import ${path}: ${why}.`, { cause: error });
  }
}
