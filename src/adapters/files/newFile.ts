import { createWriteStream } from "node:fs";
import { link, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { PhoenixError } from "../../domain/errors.ts";
import { syncFolder, temporaryName } from "./atomic.ts";
import { codeOf } from "./failure.ts";

/** A file of mode 0600 that appears whole or not at all, for what is too large for memory. `-` = standard output, which cannot be so. */
export async function withNewFile(path: string, overwrite: boolean, write: (into: Writable) => Promise<void>): Promise<void> {
  if (path === "-") return await write(process.stdout);
  const temporary = join(dirname(path), temporaryName(basename(path)));
  try {
    const file = await open(temporary, "wx", 0o600);
    try {
      const stream = createWriteStream("", { fd: file.fd, autoClose: false });
      // Whoever writes next, or `finished`, is told; an event that nobody hears would end the process.
      stream.on("error", () => {});
      await write(stream);
      stream.end();
      await finished(stream);
      await file.sync();
    } finally {
      await file.close();
    }
    if (overwrite) await rename(temporary, path);
    else {
      // Unlike a rename, a link never takes the place of a file that came meanwhile.
      await link(temporary, path);
      await rm(temporary);
    }
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    if (codeOf(error) === "EEXIST") throw new PhoenixError("archive-exists", `Cannot write ${path}: it is there already.`);
    if (error instanceof PhoenixError) throw error;
    throw new PhoenixError("export-failed", `Cannot write ${path}: ${codeOf(error) ?? String(error)}.`, { cause: error });
  }
}
