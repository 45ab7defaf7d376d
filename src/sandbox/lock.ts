import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { PhoenixError } from "../domain/errors.ts";

/**
 * Runs `work` while holding an exclusive lock. Node has no flock(2), so a child holds it for us: it reads our end of a pipe, and
 * both its natural end and our sudden death close that pipe. A lock can therefore never be left behind.
 */
export async function withLock<T>(lockPath: string, timeoutMs: number, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(lockPath), { recursive: true });
  const seconds = String(Math.ceil(timeoutMs / 1000));
  const holder = spawn("flock", ["--exclusive", "--wait", seconds, lockPath, "sh", "-c", "echo held; cat"], {
    stdio: ["pipe", "pipe", "ignore"],
    cwd: "/",
    // A process group of its own: Ctrl-C must not release the lock before the work it protects has been wound up.
    detached: true,
  });
  const held = await new Promise<boolean>((resolve, reject) => {
    holder.stdout.once("data", () => resolve(true));
    holder.once("exit", () => resolve(false));
    holder.once("error", reject);
  });
  if (!held) throw new PhoenixError("sandbox-failed", `Another process has held ${lockPath} for more than ${seconds} s.`);
  try {
    return await work();
  } finally {
    const ended = new Promise<void>((resolve) => holder.once("exit", () => resolve()));
    holder.stdin.end();
    await ended;
  }
}
