import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { PhoenixError } from "../domain/errors.ts";
import { writeImageArchive } from "./archive.ts";
import { authoritiesHook, hostAuthorities, nodeAuthorities } from "./authorities.ts";
import { command, lastLines } from "./command.ts";
import { defaultCachePath, layoutOf } from "./layout.ts";
import { withLock } from "./lock.ts";
import { type Progress, silent } from "./progress.ts";
import { suite } from "./recipe.ts";
import { debootstrap, exists } from "./rootfs.ts";
import { sandboxRun } from "./run.ts";
import { type StandIn, standInFor } from "./stand-ins.ts";

const buildTimeoutMs = 900_000;

export type BaseImagesOptions = {
  readonly name?: string;
  readonly user?: string;
  /** Names as Containerfiles and units write them: `docker.io/library/debian:trixie-slim`. */
  readonly references: readonly string[];
  readonly cachePath?: string;
  readonly onProgress?: Progress;
};

export type BaseImageResult = {
  readonly reference: string;
  readonly outcome: "present" | "stand-in" | "unknown";
  readonly contents?: string;
};

/**
 * Gives a user of the sandbox the base images that no registry delivers here. An image that is already there, real or not, is left
 * alone. `unknown` = not there, and nothing can stand in for it: the caller decides whether that matters.
 */
export async function makeBaseImages(options: BaseImagesOptions): Promise<readonly BaseImageResult[]> {
  const progress = options.onProgress ?? silent;
  const results: BaseImageResult[] = [];
  for (const reference of new Set(options.references)) {
    if (await isPresent(options, reference)) {
      results.push({ reference, outcome: "present" });
      continue;
    }
    const standIn = standInFor(reference);
    if (standIn === undefined) {
      progress(`No stand-in for ${reference}: Podman will try to pull it.`);
      results.push({ reference, outcome: "unknown" });
      continue;
    }
    const archivePath = await standInArchive(standIn, options.cachePath ?? defaultCachePath, progress);
    await load(options, standIn, reference, archivePath);
    progress(`${reference} is a stand-in: ${standIn.contents}, not the registry's image.`);
    results.push({ reference, outcome: "stand-in", contents: standIn.contents });
  }
  return results;
}

/** The image archive of a stand-in, made now unless it is in the cache. Its name says what it is made of. */
export async function standInArchive(standIn: StandIn, cachePath = defaultCachePath, progress: Progress = silent): Promise<string> {
  const imagesPath = `${cachePath}/images`;
  const env = await buildEnvironment(standIn);
  const ingredients = JSON.stringify([suite, process.arch, standIn, env, await hostAuthorities()]);
  const key = createHash("sha256").update(ingredients).digest("hex").slice(0, 12);
  const hooks = [...standIn.setup.map((line) => `chroot "$1" ${line}`), authoritiesHook];
  const path = `${imagesPath}/${standIn.name}-${key}.tar`;
  await mkdir(imagesPath, { recursive: true });
  await withLock(`${imagesPath}/.${standIn.name}.lock`, buildTimeoutMs, async () => {
    if (await exists(path)) return;
    progress(`Making a base image, once (${standIn.contents}): ${path}`);
    const workPath = await mkdtemp(`${imagesPath}/.building-`);
    try {
      await debootstrap({
        variant: "minbase",
        packages: standIn.packages,
        target: `${workPath}/layer.tar`,
        format: "tar",
        hooks,
        slim: true,
      });
      const config = { Env: env, Cmd: standIn.cmd, Labels: { "io.phoenix.stand-in": standIn.contents } };
      await writeImageArchive(`${workPath}/layer.tar`, localName(standIn), config, path);
    } finally {
      await rm(workPath, { recursive: true, force: true });
    }
  });
  return path;
}

async function load(options: BaseImagesOptions, standIn: StandIn, reference: string, archivePath: string): Promise<void> {
  const local = localName(standIn);
  const script = `podman load --quiet >/dev/null && podman tag "$1" "$2" && podman untag "$1" "$1"`;
  const result = await sandboxRun({
    ...where(options),
    argv: ["sh", "-c", script, "load", local, reference],
    stdio: "capture",
    inputPath: archivePath,
    timeoutMs: 300_000,
  });
  if (result.exitCode === 0) return;
  throw new PhoenixError("sandbox-failed", `The base image ${reference} could not be loaded:\n${lastLines(result.stderr)}`);
}

async function isPresent(options: BaseImagesOptions, reference: string): Promise<boolean> {
  const result = await sandboxRun({
    ...where(options),
    argv: ["podman", "image", "exists", reference],
    stdio: "capture",
    timeoutMs: 60_000,
  });
  return result.exitCode === 0;
}

function where(options: BaseImagesOptions): { readonly name: string; readonly user: string } {
  return { name: layoutOf(options.name).name, user: options.user ?? "phoenix" };
}

function localName(standIn: StandIn): string {
  return `localhost/phoenix-stand-in/${standIn.name}:latest`;
}

/**
 * Builds that use npm need the registry this host uses, for the same reason that apt needs its mirror (never one with a password in
 * it), and the host's own authorities.
 */
async function buildEnvironment(standIn: StandIn): Promise<readonly string[]> {
  if (standIn.name !== "node") return standIn.env;
  const trusted = (await hostAuthorities()).length === 0 ? [] : [nodeAuthorities];
  const registry = await command(["npm", "config", "get", "registry"], { timeoutMs: 15_000 }).catch(() => "");
  if (!URL.canParse(registry)) return [...standIn.env, ...trusted];
  const { username, password, href } = new URL(registry);
  const named = username === "" && password === "" ? [`npm_config_registry=${href}`] : [];
  return [...standIn.env, ...trusted, ...named];
}
