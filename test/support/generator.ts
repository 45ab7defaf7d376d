/**
 * Podman's own Quadlet generator, from the root filesystem of the sandbox (it is built if it is not there yet). It needs nothing but
 * the C library, so it runs on this host: 500 units take 0.2 s.
 */
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { defaultCachePath } from "../../src/sandbox/layout.ts";
import { ensurePrerequisites } from "../../src/sandbox/prerequisites.ts";
import { silent } from "../../src/sandbox/progress.ts";
import { recipeOf } from "../../src/sandbox/recipe.ts";
import { cachedRootfs } from "../../src/sandbox/rootfs.ts";

/** Where the generator of Debian 13 (Podman 5.4.2) lies. */
export async function generatorPath(): Promise<string> {
  await ensurePrerequisites(silent);
  await mkdir(defaultCachePath, { recursive: true });
  return `${await cachedRootfs(recipeOf(), defaultCachePath, silent)}/usr/libexec/podman/quadlet`;
}

export type Generated = {
  /** The folder the units lay in while they were generated; it is gone by now. */
  readonly folder: string;
  /** Service name -> its text. */
  readonly services: ReadonlyMap<string, string>;
  /** What the generator said, short names of images aside. */
  readonly complaints: readonly string[];
  readonly exitCode: number;
};

/** Runs the generator on a folder of these files (`web.container`, `web.container.d/10.conf`), as for a user. */
export async function generate(files: ReadonlyMap<string, string>): Promise<Generated> {
  const work = await mkdtemp(join(tmpdir(), "phoenix-generator-"));
  const folder = join(work, "units");
  const outputPath = join(work, "services");
  try {
    await Promise.all([mkdir(folder), mkdir(outputPath)]);
    for (const [name, text] of files) {
      if (name.includes("/")) await mkdir(join(folder, dirname(name)), { recursive: true });
      await writeFile(join(folder, name), text);
    }
    const run = promisify(execFile)(await generatorPath(), ["-user", "-no-kmsg-log", outputPath], {
      env: { QUADLET_UNIT_DIRS: folder },
      maxBuffer: 64 * 1024 * 1024,
    });
    const { exitCode, stderr } = await run.then(
      (result) => ({ exitCode: 0, stderr: result.stderr }),
      (error: { code?: number; stderr?: string }) => ({ exitCode: error.code ?? -1, stderr: error.stderr ?? String(error) }),
    );
    const services = new Map<string, string>();
    for (const name of (await readdir(outputPath)).filter((one) => one.endsWith(".service"))) {
      services.set(name, await readFile(join(outputPath, name), "utf8"));
    }
    const complaints = stderr.split("\n").filter((line) => line !== "" && !line.includes("not a fully qualified image name"));
    return { folder, services, complaints, exitCode };
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}
