import type { Ms } from "../../domain/words.ts";

/** What systemd gave to this process. */
export type ServiceEnvironment = {
  /** Open files by their name in OpenFile=. */
  readonly openFiles: ReadonlyMap<string, number>;
  readonly notifySocket: string | undefined;
  /** systemd kills us when it hears nothing for this long. */
  readonly watchdogMs: Ms | undefined;
  readonly invocation: string | undefined;
  /** Our output goes to journald. */
  readonly toJournal: boolean;
};

const firstFd = 3;

const scrubbed = [
  "LISTEN_FDS",
  "LISTEN_PID",
  "LISTEN_PIDFDID",
  "LISTEN_FDNAMES",
  "NOTIFY_SOCKET",
  "WATCHDOG_USEC",
  "WATCHDOG_PID",
  "INVOCATION_ID",
  "JOURNAL_STREAM",
  "SYSTEMD_EXEC_PID",
] as const;

/**
 * Reads what systemd gave to us and deletes it from the environment. Call it first thing: `podman` takes inherited LISTEN_FDS for its
 * own and crashes, and whoever inherits NOTIFY_SOCKET can feed our watchdog.
 */
export function takeServiceEnvironment(
  environment: Record<string, string | undefined> = process.env,
  pid: number = process.pid,
): ServiceEnvironment {
  const values: Partial<Record<(typeof scrubbed)[number], string>> = {};
  for (const key of scrubbed) {
    const value = environment[key];
    delete environment[key];
    if (value !== undefined) values[key] = value;
  }
  const isOurs = (owner: string | undefined): boolean => owner === undefined || Number(owner) === pid;
  const fileNames = isOurs(values.LISTEN_PID) ? (values.LISTEN_FDNAMES ?? "").split(":") : [];
  const fds = isOurs(values.LISTEN_PID) ? Number(values.LISTEN_FDS ?? 0) : 0;
  const watchdogUs = isOurs(values.WATCHDOG_PID) ? Number(values.WATCHDOG_USEC ?? 0) : 0;
  return {
    openFiles: new Map(fileNames.slice(0, fds).map((name, index) => [name, firstFd + index])),
    notifySocket: values.NOTIFY_SOCKET,
    watchdogMs: watchdogUs > 0 ? watchdogUs / 1000 : undefined,
    invocation: values.INVOCATION_ID,
    toJournal: values.JOURNAL_STREAM !== undefined,
  };
}
