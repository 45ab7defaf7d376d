import { copyFile, mkdir, readdir, readFile, rm } from "node:fs/promises";
import { command } from "./command.ts";
import { exists, systemPath } from "./rootfs.ts";

const folder = "/usr/local/share/ca-certificates";
const bundlePath = "/etc/ssl/certs/ca-certificates.crt";

/** Tells a Node.js in an image about them: it brings a list of its own and does not read the system's. */
export const nodeAuthorities = `NODE_EXTRA_CA_CERTS=${bundlePath}`;

/** The certificates this host's administrator trusts beyond Debian's: without them nothing is downloaded behind an inspecting proxy. */
export async function hostAuthorities(): Promise<readonly { readonly file: string; readonly text: string }[]> {
  const listed = await readdir(folder).catch(() => []);
  const files = listed.filter((name) => name.endsWith(".crt")).sort();
  return await Promise.all(files.map(async (file) => ({ file, text: await readFile(`${folder}/${file}`, "utf8") })));
}

/** Makes a root filesystem trust what the host trusts now; done at every start, since a host may change its mind. */
export async function installAuthorities(rootPath: string): Promise<void> {
  const target = `${rootPath}${folder}`;
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  for (const { file } of await hostAuthorities()) await copyFile(`${folder}/${file}`, `${target}/${file}`);
  // An image without the package reads the folder when the package is installed.
  if (!(await exists(`${rootPath}/usr/sbin/update-ca-certificates`))) return;
  await command(["chroot", rootPath, "update-ca-certificates"], { timeoutMs: 60_000, env: { PATH: systemPath } });
}

/** The same as a shell line for mmdebstrap, which runs it on the host with the new root as $1. */
export const authoritiesHook = `mkdir -p "$1${folder}" && cp ${folder}/*.crt "$1${folder}/" 2>/dev/null || :
[ ! -x "$1/usr/sbin/update-ca-certificates" ] || chroot "$1" update-ca-certificates >/dev/null`;
