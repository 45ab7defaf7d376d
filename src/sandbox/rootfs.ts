import { access, mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { command } from "./command.ts";
import { withLock } from "./lock.ts";
import { hostMirror } from "./mirror.ts";
import type { Progress } from "./progress.ts";
import { type Recipe, suite } from "./recipe.ts";

const buildTimeoutMs = 900_000;

/** The path of the finished root filesystem for a recipe; built now unless it is in the cache. */
export async function cachedRootfs(recipe: Recipe, cachePath: string, progress: Progress): Promise<string> {
  const path = `${cachePath}/${recipe.key}`;
  await withLock(`${cachePath}/.lock`, buildTimeoutMs, async () => {
    if (await exists(path)) return;
    progress(`Building a Debian ${suite} root filesystem (about a minute, once): ${path}`);
    await build(recipe, path, cachePath);
  });
  return path;
}

async function build(recipe: Recipe, path: string, cachePath: string): Promise<void> {
  // A build that was interrupted leaves only a temporary name: `path` exists if and only if it is complete.
  const workPath = await mkdtemp(`${cachePath}/.building-`);
  const rootPath = `${workPath}/root`;
  try {
    await mkdir(rootPath, { mode: 0o755 });
    await debootstrap({ variant: "minbase", packages: recipe.packages, target: rootPath, format: "directory" });
    await command(["chroot", rootPath, "sh", "-s"], { timeoutMs: 60_000, input: recipe.setupScript, env: { PATH: systemPath } });
    await rename(rootPath, path);
  } finally {
    await rm(workPath, { recursive: true, force: true });
  }
}

export const systemPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

const slimOptions: readonly string[] = [
  ...["man", "locale", "info", "doc"].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`),
  "--dpkgopt=path-include=/usr/share/doc/*/copyright",
];

export type BootstrapOptions = {
  readonly variant: "minbase" | "essential";
  readonly packages: readonly string[];
  readonly target: string;
  readonly format: "directory" | "tar";
  /** Shell lines, run on the host when all is installed; $1 = the new root. */
  readonly hooks?: readonly string[];
  /** Leaves out manuals, translations and documents, as Debian's own slim images do. */
  readonly slim?: boolean;
};

/** Runs mmdebstrap against the host's own mirror. */
export async function debootstrap(options: BootstrapOptions): Promise<void> {
  const mirror = await hostMirror();
  const include = options.packages.length === 0 ? [] : [`--include=${options.packages.join(",")}`];
  const hooks = (options.hooks ?? []).map((hook) => `--customize-hook=${hook}`);
  const source = mirror === undefined ? [] : [mirror];
  await command(
    [
      "mmdebstrap",
      "--quiet",
      `--variant=${options.variant}`,
      `--format=${options.format}`,
      ...include,
      ...hooks,
      ...(options.slim === true ? slimOptions : []),
      suite,
      options.target,
      ...source,
    ],
    { timeoutMs: buildTimeoutMs, env: { PATH: systemPath, TMPDIR: "/var/tmp" } },
  );
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
