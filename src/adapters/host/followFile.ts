import { type FileHandle, open } from "node:fs/promises";
import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { Ms } from "../../domain/words.ts";
import { eachLine } from "./lines.ts";

const everyMs: Ms = 200;
const pieceBytes = 64 * 1024;
/** The file is emptied when it has grown so far: it may lie in memory, and its writer appends wherever the end is. */
const keptBytes = 1024 * 1024;

/** Tells every line that others append to a file, until `over`; what was appended by then is told before this resolves. */
export async function followFile(path: string, tell: (line: string) => void, over: AbortSignal): Promise<void> {
  const lines = new PassThrough();
  eachLine(lines, tell);
  const told = new Promise<void>((resolve) => lines.once("end", () => resolve()));
  const file = await open(path, "a+", 0o600);
  try {
    let at = 0;
    for (;;) {
      const isLast = over.aborted;
      at = await readOn(file, at, lines);
      if (isLast) break;
      if (at > keptBytes) {
        await file.truncate(0);
        at = 0;
      }
      await sleep(everyMs, undefined, { signal: over }).catch(() => undefined);
    }
  } finally {
    await file.close();
    lines.end();
  }
  await told;
}

/** Hands on what stands behind `at`, and returns where it ends. */
async function readOn(file: FileHandle, at: number, lines: PassThrough): Promise<number> {
  const buffer = Buffer.alloc(pieceBytes);
  for (let from = at; ; ) {
    const { bytesRead } = await file.read(buffer, 0, pieceBytes, from);
    if (bytesRead === 0) return from;
    from += bytesRead;
    if (!lines.write(Buffer.from(buffer.subarray(0, bytesRead)))) await new Promise((resolve) => lines.once("drain", resolve));
  }
}
