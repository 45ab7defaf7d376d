import type { FolderFact } from "../../domain/observed.ts";

const blockBytes = 512;

/** The tar entry of the top folder itself, `./`: Podman's export leaves it out, and with it whose the volume is. */
export function rootHeader({ uid, gid, mode }: FolderFact): Buffer {
  const block = Buffer.alloc(blockBytes);
  const octal = (value: number, at: number, digits: number): void =>
    void block.write(`${value.toString(8).padStart(digits, "0")}\0`, at, "latin1");
  block.write("./", 0, "latin1");
  octal(mode, 100, 7);
  octal(uid, 108, 7);
  octal(gid, 116, 7);
  octal(0, 124, 11);
  octal(0, 136, 11);
  block.write("5", 156, "latin1");
  block.write("ustar\u000000", 257, "latin1");
  block.write(`${checksumOf(block).toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

/** Whose the top folder is, if that is what the first block of an archive says. */
export function readRootHeader(block: Buffer): FolderFact | undefined {
  const text = (from: number, to: number): string => block.subarray(from, to).toString("latin1").split("\0", 1)[0]?.trim() ?? "";
  const isRoot = ["./", "."].includes(text(0, 100)) && text(156, 157) === "5" && text(257, 262) === "ustar";
  if (block.length < blockBytes || !isRoot || Number.parseInt(text(148, 156), 8) !== checksumOf(block)) return undefined;
  const [mode, uid, gid] = [text(100, 108), text(108, 116), text(116, 124)].map((octal) =>
    /^[0-7]+$/u.test(octal) ? Number.parseInt(octal, 8) : undefined,
  );
  return mode === undefined || uid === undefined || gid === undefined ? undefined : { uid, gid, mode: mode & 0o7777 };
}

/** The sum of all bytes, those of the sum itself counted as spaces. */
function checksumOf(block: Buffer): number {
  return block.reduce((sum, byte, index) => sum + (index >= 148 && index < 156 ? 32 : byte), 0);
}
