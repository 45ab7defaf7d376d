/**
 * The Node that people bring along. In the machine of the tests the command line runs on this one, the agent and the prober on Debian's, which
 * is two lines older: so both ends of what Phoenix supports meet at the same files. (Debian's also takes a seventh more of the processor for
 * every command; the installer's test has nothing but that.)
 */
import { mkdir, rename, rm } from "node:fs/promises";
import { command } from "../../src/sandbox/command.ts";
import { withLock } from "../../src/sandbox/lock.ts";

const version = "22.23.3";

/** A folder with nothing but `node`, fetched once. Undefined where there is none to be had: then Debian's does everything. */
export async function broughtNode(cachePath: string): Promise<string | undefined> {
  const folder = `${cachePath}/node-${version}-${process.arch}`;
  const isThere = async (): Promise<boolean> =>
    (await command([`${folder}/node`, "--version"], { timeoutMs: 10_000 }).catch(() => "")) === `v${version}`;
  if (await isThere()) return folder;
  try {
    await withLock(`${folder}.lock`, 300_000, async () => {
      if (!(await isThere())) await fetchNode(folder);
    });
    return folder;
  } catch (error) {
    console.error(`# the tests do without Node ${version}: ${String(error)}`);
    return undefined;
  }
}

/** npm compares what it fetches with the registry's digest. */
async function fetchNode(folder: string): Promise<void> {
  const work = `${folder}.part`;
  await rm(work, { recursive: true, force: true });
  await mkdir(`${work}/bin`, { recursive: true });
  // Without a network every test file asks in vain: better at once than after three tries.
  const pack = ["npm", "pack", "--json", "--fetch-retries=0", `--pack-destination=${work}`] as const;
  const answer = await command([...pack, `node-linux-${process.arch}@${version}`], { timeoutMs: 240_000 });
  const [packed] = JSON.parse(answer) as readonly { readonly filename: string }[];
  const unpack = ["tar", "--extract", "--no-same-owner", "--strip-components=2", `--directory=${work}/bin`] as const;
  await command([...unpack, `--file=${work}/${packed?.filename}`, "package/bin/node"], { timeoutMs: 60_000 });
  await rm(folder, { recursive: true, force: true });
  await rename(`${work}/bin`, folder);
  await rm(work, { recursive: true, force: true });
}
