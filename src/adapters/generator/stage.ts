import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PhoenixError } from "../../domain/errors.ts";

/** Runs `work` with a private folder below the runtime directory, which is gone afterwards whatever happens. */
export async function withStage<T>(runtimePath: string, work: (stagePath: string) => Promise<T>): Promise<T> {
  await mkdir(runtimePath, { recursive: true, mode: 0o700 });
  const stagePath = await mkdtemp(join(runtimePath, "stage-"));
  try {
    return await work(stagePath);
  } finally {
    await rm(stagePath, { recursive: true, force: true });
  }
}

/** Writes files by name into a folder made for them; drop-in folders (`web.container.d/x.conf`) are the only sub-folders. */
export async function writeStage(folder: string, files: Iterable<readonly [name: string, text: string]>): Promise<void> {
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
