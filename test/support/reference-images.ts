/**
 * The images of the reference stack. Building them takes minutes, most of it Debian's packages, and several test files need them: whoever
 * builds them first keeps them, and every other user of any sandbox reads those, as an additional image store of Podman. Its builds find
 * each step there, as a second build on the same machine would. The name of what is kept is a digest of everything that the images are made of.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { makeBaseImages, standInArchive } from "../../src/sandbox/base-images.ts";
import { command } from "../../src/sandbox/command.ts";
import { layoutOf } from "../../src/sandbox/layout.ts";
import { withLock } from "../../src/sandbox/lock.ts";
import { exists } from "../../src/sandbox/rootfs.ts";
import { standInFor } from "../../src/sandbox/stand-ins.ts";
import { keptImages, type Machine } from "./machine.ts";
import { lentImages } from "./users.ts";

const references = ["docker.io/library/debian:trixie-slim", "docker.io/library/node:22-alpine"];
const prefix = "reference-stack-";
const largestBytes = 4e9;

/** What Podman keeps of images, by names that hold no path and no user. */
const layers = "overlay overlay-images overlay-layers";
const storage = "$HOME/.local/share/containers/storage";

/** Lends a user who has no image yet the base images and all of the stack: those of an earlier build, or built now. */
export async function referenceImages(m: Machine): Promise<"kept" | "built"> {
  const { base, all } = await ingredients(m);
  const name = `${prefix}${base}-${all}`;
  // Whoever comes while another one builds waits for that.
  return await withLock(`${keptImages.hostPath}/.${prefix}lock`, 900_000, async () => {
    if (await exists(`${keptImages.hostPath}/${name}`)) {
      await lend(m, name);
      return "kept";
    }
    await build(m, base);
    await keep(m, name);
    await clear(m);
    await lend(m, name);
    return "built";
  });
}

async function build(m: Machine, base: string): Promise<void> {
  // Most of the steps are those of the one before; a large one has gathered too much that nobody needs.
  const newest = (await kept()).find((one) => one.name.startsWith(`${prefix}${base}-`));
  if (newest !== undefined && (await sizeOf(newest.name)) < largestBytes) {
    await lend(m, newest.name);
    await take(m);
  }
  await makeBaseImages({ name: m.sandbox, user: m.user, references });
  const built = await m.phoenix(["build", "/opt/phoenix/quadlet", "--stack", "phoenix", "--quiet"], { timeoutMs: 880_000 });
  if (built.exitCode !== 0) throw new Error(built.stderr);
}

/**
 * Read-only, with the owners moved to this user's numbers: what is kept has those that a container sees. Copying 70,000 files into each
 * user's storage took a minute of the kernel's time. In fstab, for the sake of those who reboot.
 */
async function lend(m: Machine, name: string): Promise<void> {
  await utimes(`${keptImages.hostPath}/${name}`, new Date(), new Date());
  const maps = await m.stdout("podman unshare sed 's/^/u/' /proc/self/uid_map; podman unshare sed 's/^/g/' /proc/self/gid_map");
  const idmap = maps
    .split("\n")
    .map((line) => line.trim().split(/\s+/).join(":"))
    .join(" ")
    .replaceAll(" ", "\\040");
  const path = lentImages(m.user);
  const entry = `${keptImages.path}/${name} ${path} none bind,ro,X-mount.idmap=${idmap}`;
  const script = `! mountpoint --quiet ${path} || umount ${path}
    sed -i '\\# ${path} #d' /etc/fstab; echo '${entry}' >>/etc/fstab
    mkdir -p ${path}; mount ${path}`;
  await m.stdout(script, { root: true });
  await m.writeFile(
    ".config/containers/storage.conf",
    `[storage]\ndriver = "overlay"\n[storage.options]\nadditionalimagestores = ["${path}"]\n`,
  );
}

/**
 * What an image's own tests print, for they take minutes: what passed with exactly these images, in an earlier run, is not run again.
 * `PHOENIX_TESTS=fresh` runs it. A suite that fails is not kept.
 */
export async function ownTests(
  m: Machine,
  name: string,
  run: () => Promise<{ readonly exitCode: number; readonly stdout: string }>,
): Promise<{ readonly exitCode: number; readonly stdout: string; readonly kept: boolean }> {
  const { base, all } = await ingredients(m);
  const path = `${keptImages.hostPath}/${prefix}${base}-${all}/passed/${name}`;
  const before = process.env["PHOENIX_TESTS"] === "fresh" ? undefined : await readFile(path, "utf8").catch(() => undefined);
  if (before !== undefined) return { exitCode: 0, stdout: before, kept: true };
  const result = await run();
  if (result.exitCode === 0) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(`${path}.new`, result.stdout);
    await rename(`${path}.new`, path);
  }
  return { ...result, kept: false };
}

/** What was lent becomes the user's own, to be built upon. */
async function take(m: Machine): Promise<void> {
  await clear(m);
  const copy = `for one in ${layers}; do cp -a ${lentImages(m.user)}/$one/. $one; done`;
  await m.stdout(`rm ~/.config/containers/storage.conf; cd "${storage}" && podman unshare sh -c '${copy}'`, { timeoutMs: 300_000 });
}

/** The user has no image any more but what is lent. */
async function clear(m: Machine): Promise<void> {
  await m.stdout(`cd "${storage}" && podman unshare find ${layers} -mindepth 1 -delete`, { timeoutMs: 120_000 });
}

async function sizeOf(name: string): Promise<number> {
  const [size] = (await command(["du", "--summarize", "--bytes", `${keptImages.hostPath}/${name}`], { timeoutMs: 60_000 })).split("\t");
  return Number(size);
}

/** The one that was used last first. */
async function kept(): Promise<readonly { readonly name: string; readonly at: number }[]> {
  const names = (await readdir(keptImages.hostPath)).filter((one) => one.startsWith(prefix) && !one.endsWith(".new"));
  const found = names.map(async (name) => ({ name, at: (await stat(`${keptImages.hostPath}/${name}`)).mtimeMs }));
  return (await Promise.all(found)).sort((a, b) => b.at - a.at);
}

async function keep(m: Machine, name: string): Promise<void> {
  const archive = `/var/tmp/${prefix}${m.user}.tar`;
  await m.stdout(`cd "${storage}" && podman unshare tar --create --xattrs --xattrs-include='*' ${layers} >${archive}`, {
    timeoutMs: 300_000,
  });
  const path = `${keptImages.hostPath}/${name}`;
  const temporary = `${path}.${process.pid}.new`;
  await mkdir(temporary, { mode: 0o755 });
  const from = `${layoutOf(m.sandbox).rootPath}${archive}`;
  const owners = ["--numeric-owner", "--same-owner", "--preserve-permissions", "--xattrs", "--xattrs-include=*"];
  await command(["tar", "--extract", ...owners, "--file", from, "--directory", temporary], { timeoutMs: 300_000 });
  await rm(from);
  await rm(path, { recursive: true, force: true });
  await rename(temporary, path);
  // Two: a person compares branches.
  const old = (await kept()).slice(2);
  await Promise.all(old.map((one) => rm(`${keptImages.hostPath}/${one.name}`, { recursive: true, force: true })));
}

/** Digests of everything that decides what a build makes, but the state of Debian's archive; `base`: of what all images stand on. */
async function ingredients(m: Machine): Promise<{ readonly base: string; readonly all: string }> {
  const standIns = references.map((reference) => standInFor(reference)).filter((found) => found !== undefined);
  const archives = await Promise.all(standIns.map(async (standIn) => basename(await standInArchive(standIn))));
  const base = `${await m.stdout("podman --version")}\n${archives.join("\n")}`;
  const ours = await m.stdout(
    "cd /opt/phoenix && find services quadlet/*.build -type f -not -path '*/node_modules/*' -print0 | sort -z | xargs -0 sha256sum",
  );
  const digest = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 12);
  return { base: digest(base), all: digest(base + ours) };
}
