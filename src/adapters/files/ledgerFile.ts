import { constants } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { PhoenixError } from "../../domain/errors.ts";
import { decodeLedger, encodeLine, type LedgerLine } from "../../domain/ledger.ts";
import { syncFolder, writeAtomic } from "./atomic.ts";
import { ifThere } from "./failure.ts";

/**
 * One ledger on the disk. INVARIANT: a line that was appended is never lost, although not every line is written under the stack's lane
 * (`refused` and `released` are not) and the file may be rewritten at that very moment. Whoever rewrites carries over what came meanwhile;
 * whoever wrote into a file that is the ledger no longer, and was not carried over, writes again.
 */

/** One write, so that lines of two processes never mix. A line that a power cut tore gets its end first, or it would swallow ours. */
export async function appendLine(path: string, line: string): Promise<void> {
  for (;;) {
    const file = await open(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    try {
      await appendTo(file, path, line);
      if (await isStillAt(path, file)) return;
    } finally {
      await file.close();
    }
    if (`\n${await readFileText(path)}`.includes(`\n${line}`)) return;
  }
}

/** Makes the ledger shorter. `keep` gets every line that can be read; returns how many there were and are. */
export async function rewriteLines(
  path: string,
  keep: (lines: readonly LedgerLine[]) => readonly LedgerLine[],
): Promise<{ readonly before: number; readonly after: number }> {
  const old = await ifThere(open(path, constants.O_RDONLY | constants.O_NOFOLLOW));
  if (old === undefined) return { before: 0, after: 0 };
  try {
    const all = await readFrom(old, 0);
    // A line that is being written shows in parts: it counts as one that came later.
    const text = all.subarray(0, all.lastIndexOf("\n") + 1);
    const { lines } = decodeLedger(text.toString("utf8"));
    const kept = keep(lines);
    if (kept.length === lines.length) return { before: lines.length, after: lines.length };
    await writeAtomic(path, kept.map(encodeLine).join(""));
    const late = decodeLedger((await readFrom(old, text.length)).toString("utf8")).lines;
    for (const line of late) await appendLine(path, encodeLine(line));
    return { before: lines.length + late.length, after: kept.length + late.length };
  } finally {
    await old.close();
  }
}

async function appendTo(file: FileHandle, path: string, line: string): Promise<void> {
  const { size } = await file.stat();
  const last = Buffer.alloc(1);
  if (size > 0) await file.read(last, 0, 1, size - 1);
  const bytes = Buffer.from(size > 0 && last.toString() !== "\n" ? `\n${line}` : line);
  const { bytesWritten } = await file.write(bytes);
  await file.sync();
  if (bytesWritten !== bytes.length) {
    throw new PhoenixError("state-unwritable", `Cannot record an event: only ${bytesWritten} of ${bytes.length} bytes fit into ${path}.`);
  }
  if (size === 0) await syncFolder(dirname(path));
}

/** Whether the path still leads to this file. A ledger that is gone altogether belongs to a stack that is forgotten: nothing to write again. */
async function isStillAt(path: string, file: FileHandle): Promise<boolean> {
  const [now, ours] = [await ifThere(stat(path)), await file.stat()];
  return now === undefined || now.ino === ours.ino;
}

async function readFileText(path: string): Promise<string> {
  const file = await ifThere(open(path, constants.O_RDONLY | constants.O_NOFOLLOW));
  if (file === undefined) return "";
  try {
    return (await readFrom(file, 0)).toString("utf8");
  } finally {
    await file.close();
  }
}

async function readFrom(file: FileHandle, from: number): Promise<Buffer> {
  const { size } = await file.stat();
  const buffer = Buffer.alloc(Math.max(0, size - from));
  const { bytesRead } = await file.read(buffer, 0, buffer.length, from);
  return buffer.subarray(0, bytesRead);
}
