import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PhoenixError } from "../../domain/errors.ts";
import { sweepTemporary, temporaryName } from "./atomic.ts";

/** Runs `work` with a private folder below the runtime directory, which is gone afterwards; what a killed one left goes with the next. */
export async function withScratch<T>(runtimePath: string, work: (path: string) => Promise<T>): Promise<T> {
  await mkdir(runtimePath, { recursive: true, mode: 0o700 });
  await sweepTemporary(runtimePath);
  const path = join(runtimePath, temporaryName("scratch"));
  await mkdir(path, { mode: 0o700 });
  try {
    return await work(path);
  } finally {
    await rm(path, { recursive: true, force: true });
  }
}

/** Writes files by name into a folder made for them; drop-in folders (`web.container.d/x.conf`) are the only sub-folders. */
export async function writeFiles(folder: string, files: Iterable<readonly [name: string, text: string]>): Promise<void> {
  await mkdir(folder, { mode: 0o700 });
  for (const [name, text] of files) {
    const [first = "", second, ...rest] = name.split("/");
    const isPlain = [first, second ?? "x"].every((part) => part !== "" && part !== "." && part !== ".." && !part.includes("\0"));
    if (!isPlain || rest.length > 0)
      throw new PhoenixError("preflight-failed", `Cannot stage ${JSON.stringify(name)}: it is not a file name.`);
    if (second !== undefined) await mkdir(join(folder, first), { recursive: true, mode: 0o700 });
    await writeFile(join(folder, name), text, { mode: 0o600, flag: "wx" });
  }
}
