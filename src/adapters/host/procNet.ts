import { readdir, readFile, readlink } from "node:fs/promises";

export type Listener = { readonly address: string; readonly port: number; readonly owner?: string };

const listening = "0A";

/** Who listens on TCP, from the kernel's own tables. Without `ss`, and without a capability. */
export async function readListeners(procPath = "/proc"): Promise<readonly Listener[]> {
  const tables = await Promise.all(["tcp", "tcp6"].map((name) => readFile(`${procPath}/net/${name}`, "utf8").catch(() => "")));
  const rows = tables.flatMap(parseTcpTable);
  const owners = await ownersOf(new Set(rows.map(({ inode }) => inode)), procPath);
  return rows.map(({ address, port, inode, uid }) => {
    const owner =
      owners.get(inode) ??
      (uid === "0" ? "a program of root" : uid === String(process.getuid?.()) ? undefined : `a program of user ${uid}`);
    return { address, port, ...(owner === undefined ? {} : { owner }) };
  });
}

type Row = { readonly address: string; readonly port: number; readonly inode: string; readonly uid: string };

function parseTcpTable(text: string): readonly Row[] {
  return text.split("\n").flatMap((line) => {
    const [, local, , state, , , , uid, , inode] = line.trim().split(/\s+/u);
    const [, address, port] = /^([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4})$/u.exec(local ?? "") ?? [];
    if (state !== listening || address === undefined || port === undefined || uid === undefined || inode === undefined) return [];
    return [{ address: showAddress(address), port: Number.parseInt(port, 16), inode, uid }];
  });
}

/** The kernel prints each 32-bit word in the machine's byte order, which is little-endian wherever Node 20 runs on Linux but s390x. */
function showAddress(hex: string): string {
  const bytes = (hex.match(/.{8}/gu) ?? []).flatMap((word) =>
    (word.match(/../gu) ?? []).map((byte) => Number.parseInt(byte, 16)).reverse(),
  );
  if (bytes.length === 4) return bytes.join(".");
  const isMapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
  if (isMapped) return bytes.slice(12).join(".");
  const groups = Array.from({ length: 8 }, (_, index) => (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16));
  // The URL parser writes an IPv6 address the one canonical way.
  return new URL(`http://[${groups.join(":")}]/`).hostname.slice(1, -1);
}

/** `pasta (pid 812)` for every socket of a process that we may look into: our own user's. */
async function ownersOf(inodes: ReadonlySet<string>, procPath: string): Promise<ReadonlyMap<string, string>> {
  const owners = new Map<string, string>();
  for (const pid of (await readdir(procPath)).filter((name) => /^\d+$/u.test(name))) {
    const files = await readdir(`${procPath}/${pid}/fd`).catch(() => []);
    for (const file of files) {
      const inode = /^socket:\[(\d+)\]$/u.exec(await readlink(`${procPath}/${pid}/fd/${file}`).catch(() => ""))?.[1];
      if (inode === undefined || !inodes.has(inode) || owners.has(inode)) continue;
      const name = (await readFile(`${procPath}/${pid}/comm`, "utf8").catch(() => "")).trim();
      owners.set(inode, `${name || "a process"} (pid ${pid})`);
    }
  }
  return owners;
}
