/**
 * The images of the reference stack. Building them takes minutes, most of it Debian's packages, and several test files need them: whoever
 * builds them first keeps its layers, and every other user of any sandbox begins with those. Its builds find each step in them, as a second
 * build on the same machine would. The name of what is kept is a digest of everything that the images are made of.
 */
import { createHash } from "node:crypto";
import { chown, readdir, rename, rm, stat } from "node:fs/promises";
import { makeBaseImages } from "../../src/sandbox/base-images.ts";
import { defaultCachePath, layoutOf } from "../../src/sandbox/layout.ts";
import { exists } from "../../src/sandbox/rootfs.ts";
import { sandboxRun } from "../../src/sandbox/run.ts";
import type { Machine } from "./machine.ts";

const references = ["docker.io/library/debian:trixie-slim", "docker.io/library/node:22-alpine"];
const folder = `${defaultCachePath}/images`;
const prefix = "reference-stack-";
const largestBytes = 4e9;

/** What Podman keeps of images, by names that hold no path and no user: `podman unshare` translates the owners. */
const layers = "overlay overlay-images overlay-layers";
const storage = "$HOME/.local/share/containers/storage";

/** Gives a user the base images. */
export async function baseImages(m: Machine): Promise<void> {
  await makeBaseImages({ name: m.sandbox, user: m.user, references });
}

/** Gives a user who has the base images, and runs no container yet, all layers: from an earlier build, or by building now. */
export async function referenceImages(m: Machine): Promise<"kept" | "built"> {
  const { base, all } = await ingredients(m);
  const path = `${folder}/${prefix}${base}-${all}.tar`;
  if (!(await exists(path))) {
    // Most of its steps are those of the one before; a large one has gathered too much that nobody needs.
    const newest = (await kept()).find((one) => one.path.startsWith(`${folder}/${prefix}${base}-`));
    if (newest !== undefined && newest.sizeBytes < largestBytes) await unpack(m, newest.path);
    const built = await m.phoenix(["build", "/opt/phoenix/quadlet", "--stack", "phoenix", "--quiet"], { timeoutMs: 880_000 });
    if (built.exitCode !== 0) throw new Error(built.stderr);
    await keep(m, path);
    return "built";
  }
  await unpack(m, path);
  return "kept";
}

async function unpack(m: Machine, path: string): Promise<void> {
  const script = `cd "${storage}" && podman unshare sh -c 'find ${layers} -mindepth 1 -delete && tar --extract --xattrs --xattrs-include="*"'`;
  const { exitCode, stderr } = await sandboxRun({
    ...{ name: m.sandbox, user: m.user, argv: ["sh", "-c", script], inputPath: path },
    ...{ stdio: "capture", timeoutMs: 300_000 },
  });
  if (exitCode !== 0) throw new Error(`Cannot unpack ${path}: ${stderr}`);
}

/** The newest first. */
async function kept(): Promise<readonly { readonly path: string; readonly at: number; readonly sizeBytes: number }[]> {
  const names = (await readdir(folder)).filter((one) => one.startsWith(prefix));
  const made = names.map(async (name) => {
    const path = `${folder}/${name}`;
    const { mtimeMs, size } = await stat(path);
    return { path, at: mtimeMs, sizeBytes: size };
  });
  return (await Promise.all(made)).sort((a, b) => b.at - a.at);
}

async function keep(m: Machine, path: string): Promise<void> {
  const name = `/var/tmp/${prefix}${m.user}.tar`;
  await m.stdout(`cd "${storage}" && podman unshare tar --create --xattrs --xattrs-include='*' ${layers} >${name}`, { timeoutMs: 300_000 });
  // The sandbox's files are the host's: renaming moves nothing.
  const archive = `${layoutOf(m.sandbox).rootPath}${name}`;
  await chown(archive, 0, 0);
  await rename(archive, path);
  // Two: a person compares branches.
  const old = (await kept()).slice(2);
  await Promise.all(old.map((one) => rm(one.path, { force: true })));
}

/** Digests of everything that decides what a build makes, but the state of Debian's archive; `base`: of what all images stand on. */
async function ingredients(m: Machine): Promise<{ readonly base: string; readonly all: string }> {
  const base = await m.stdout(`podman --version; podman image inspect --format '{{.Id}}' ${references.join(" ")}`);
  const ours = await m.stdout(
    "cd /opt/phoenix && find services quadlet/*.build -type f -not -path '*/node_modules/*' -print0 | sort -z | xargs -0 sha256sum",
  );
  const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 12);
  return { base: digest(base), all: digest(base + ours) };
}
