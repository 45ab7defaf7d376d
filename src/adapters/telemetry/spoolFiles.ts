import { constants } from "node:fs";
import { open, readdir, readFile, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { PhoenixError } from "../../domain/errors.ts";
import type { Segment, SpoolFiles } from "../../ports/telemetry.ts";
import { ifThere, withReason } from "../files/failure.ts";
import { ensureState } from "../files/safeFolder.ts";
import type { StatePaths } from "../files/statePaths.ts";

const folderName = "telemetry";
const lineFeed = 10;

/** The spool: `<state home>/phoenix/telemetry/00000042.lines`. Not synced: a power cut may cost the last half minute of telemetry. */
export function spoolFiles(paths: StatePaths): SpoolFiles {
  const folder = join(paths.stateRoot, folderName);
  const pathOf = (id: number): string => join(folder, `${String(id).padStart(8, "0")}.lines`);
  const guarded = async <T>(purpose: string, work: () => Promise<T>): Promise<T> =>
    await withReason(`${purpose} the telemetry spool`, async () => {
      await ensureState(paths, folderName);
      return await work();
    });
  return {
    list: async () =>
      await guarded("list", async () => {
        const ids = (await readdir(folder)).flatMap((name) => /^(\d{8,12})\.lines$/.exec(name)?.[1] ?? []).map(Number);
        const segments: Segment[] = [];
        // One after the other: all of them together may be more than memory should hold.
        for (const id of ids.sort((one, other) => one - other)) segments.push(await segmentAt(id, pathOf(id)));
        return segments;
      }),

    append: async (id, atByte, text) =>
      await guarded("write", async () => {
        const { O_WRONLY, O_CREAT, O_NOFOLLOW } = constants;
        const file = await open(pathOf(id), O_WRONLY | O_CREAT | O_NOFOLLOW, 0o600);
        try {
          await file.truncate(atByte);
          const bytes = Buffer.from(text);
          const { bytesWritten } = await file.write(bytes, 0, bytes.length, atByte);
          if (bytesWritten === bytes.length) return;
          throw new PhoenixError("state-unwritable", "Cannot write the telemetry spool: no space is left on the device.");
        } finally {
          await file.close();
        }
      }),

    read: async (id, fromByte, mostBytes) =>
      await guarded("read", async () => {
        const file = await ifThere(open(pathOf(id), constants.O_RDONLY | constants.O_NOFOLLOW));
        if (file === undefined) return Buffer.alloc(0);
        try {
          const buffer = Buffer.alloc(mostBytes);
          const { bytesRead } = await file.read(buffer, 0, mostBytes, fromByte);
          return buffer.subarray(0, bytesRead);
        } finally {
          await file.close();
        }
      }),

    remove: async (id) => await guarded("shorten", async () => await rm(pathOf(id), { force: true })),
  };
}

async function segmentAt(id: number, path: string): Promise<Segment> {
  const { mtimeMs } = await stat(path);
  const bytes = await readFile(path);
  let items = 0;
  for (let at = 0; at < bytes.length; items += 1) {
    const end = bytes.indexOf(lineFeed, at);
    at = end === -1 ? bytes.length : end + 1;
  }
  return { id, bytes: bytes.length, items, newestAt: mtimeMs };
}
