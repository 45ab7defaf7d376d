import { execFile } from "node:child_process";
import { write } from "node:fs";
import { promisify } from "node:util";
import type { Ms } from "../../domain/words.ts";
import type { ServiceEnvironment } from "./serviceEnvironment.ts";

/** What we tell the user manager about ourselves. Each resolves when it was handed over, and never fails. */
export type Notifier = {
  readonly ready: (status: string) => Promise<void>;
  readonly status: (status: string) => Promise<void>;
  readonly watchdog: () => Promise<void>;
  readonly stopping: (status: string) => Promise<void>;
};

const writeFd = promisify(write);
const run = promisify(execFile);
const deadlineMs: Ms = 2_000;

/** sd_notify: through the open file `notify`, else through the `systemd-notify` program (needs NotifyAccess=all), else nothing. */
export function serviceNotifier(service: ServiceEnvironment): Notifier {
  const send = channelOf(service);
  // One after the other: READY must not overtake STATUS, and a stuck manager must not fill the thread pool.
  let last = Promise.resolve();
  const tell = (...lines: readonly string[]): Promise<void> => {
    last = last.then(() => send(lines)).catch(() => {});
    return last;
  };
  return {
    ready: (status) => tell("READY=1", statusLine(status)),
    status: (status) => tell(statusLine(status)),
    watchdog: () => tell("WATCHDOG=1"),
    stopping: (status) => tell("STOPPING=1", statusLine(status)),
  };
}

function channelOf({ openFiles, notifySocket }: ServiceEnvironment): (lines: readonly string[]) => Promise<void> {
  const fd = openFiles.get("notify");
  if (fd !== undefined) return async (lines) => void (await writeFd(fd, Buffer.from(`${lines.join("\n")}\n`)));
  if (notifySocket === undefined) return async () => {};
  const { PATH = "/usr/bin:/bin" } = process.env;
  return async (lines) =>
    void (await run("systemd-notify", [...lines], { timeout: deadlineMs, env: { PATH, NOTIFY_SOCKET: notifySocket } }));
}

function statusLine(status: string): string {
  return `STATUS=${status.replaceAll(/\p{Cc}+/gu, " ").slice(0, 200)}`;
}
