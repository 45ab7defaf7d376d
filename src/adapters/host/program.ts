import type { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { execa } from "execa";
import type { Ms } from "../../domain/words.ts";
import { eachLine } from "./lines.ts";

/**
 * Variables that belong to us and must not reach a child: podman takes an inherited LISTEN_FDS for its own sockets and crashes, any
 * child could feed our watchdog, and the last ones would point it at another Podman than the one the units run.
 */
const privateVariables: readonly RegExp[] = [
  /^LISTEN_/u,
  /^WATCHDOG_/u,
  /^(?:NOTIFY_SOCKET|INVOCATION_ID|JOURNAL_STREAM|MAINPID|MANAGERPID|SYSTEMD_EXEC_PID)$/u,
  /^(?:CONTAINER_HOST|CONTAINER_CONNECTION|CONTAINER_SSHKEY|PODMAN|PODMAN_SYSTEMD_UNIT|QUADLET_UNIT_DIRS)$/u,
];

/** The environment without what a child must not inherit. */
export function cleanEnvironment(environment: Readonly<Record<string, string | undefined>>): Record<string, string> {
  const kept = Object.entries(environment).filter(([name]) => !privateVariables.some((pattern) => pattern.test(name)));
  return Object.fromEntries(kept.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

export type ProgramOptions = {
  readonly argv: readonly [string, ...string[]];
  /** Complete: nothing is added. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: Ms;
  readonly cwd?: string;
  readonly input?: string;
  /** Told every line of both streams as it comes. */
  readonly progress?: ((line: string) => void) | undefined;
  /** Takes the standard output, however much of it there is; stays open. */
  readonly into?: Writable | undefined;
  /** Ends it before its time. */
  readonly signal?: AbortSignal | undefined;
};

export type ProgramResult = {
  /** Undefined when a signal ended it, or it never started. */
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  readonly end: "exited" | "deadline" | "too much output" | "output refused" | "aborted" | "not found" | "not started";
};

const endings: Readonly<Record<string, ProgramResult["end"]>> = { "": "exited", ENOENT: "not found" };

const outputBytes = 32 * 1024 * 1024;
/** Between SIGTERM and SIGKILL: podman gives its locks back in this time. */
const termGraceMs = 2_000;

/** Groups that are still running: they end with us, since nobody would wait for them. */
const running = new Set<number>();
let endsWithUs = false;

/** Runs one program in a process group of its own, with a deadline for the whole group. Never throws for what the program does. */
export async function runProgram(options: ProgramOptions): Promise<ProgramResult> {
  const [file, ...args] = options.argv;
  const child = execa(file, args, {
    reject: false,
    // A Ctrl-C at the terminal is for us to judge, and the deadline must reach grandchildren as well.
    detached: true,
    extendEnv: false,
    env: options.environment,
    cwd: options.cwd ?? "/",
    maxBuffer: outputBytes,
    // A build may print more than anybody keeps: then only the last lines of each stream are.
    buffer: options.progress === undefined && options.into === undefined,
    stripFinalNewline: false,
    ...(options.input === undefined ? { stdin: "ignore" as const } : { input: options.input }),
  });
  watchGroup(child.pid);
  const { progress, into } = options;
  const tails =
    progress === undefined && into === undefined
      ? undefined
      : { stdout: into === undefined ? tailOf(child.stdout, progress) : [], stderr: tailOf(child.stderr, progress) };
  let cut: "deadline" | "aborted" | "output refused" | undefined;
  let isOver = false;
  let kill: NodeJS.Timeout | undefined;
  let giveUp: (() => void) | undefined;
  // Somebody outside the group (conmon, the pause process) may hold our pipes open: that is no reason to wait for ever.
  const abandoned = new Promise<undefined>((resolve) => {
    giveUp = () => resolve(undefined);
  });
  const end = (because: NonNullable<typeof cut>): void => {
    if (cut !== undefined) return;
    cut = because;
    // Its number may be another's by now.
    if (isOver) return;
    signalGroup(child.pid, "SIGTERM");
    kill = setTimeout(() => {
      signalGroup(child.pid, "SIGKILL");
      kill = setTimeout(() => giveUp?.(), 500);
    }, termGraceMs);
  };
  const term = setTimeout(() => end("deadline"), options.timeoutMs);
  const abort = (): void => end("aborted");
  options.signal?.addEventListener("abort", abort, { once: true });
  if (options.signal?.aborted === true) abort();
  // `podman volume export` hangs when nobody takes its output any more.
  const taken = into === undefined ? undefined : pipeline(child.stdout, into, { end: false }).catch(() => end("output refused"));
  const result = await Promise.race([child, abandoned]);
  isOver = true;
  options.signal?.removeEventListener("abort", abort);
  clearTimeout(term);
  clearTimeout(kill);
  // What the program left behind in its group has no business outliving a deadline.
  if (cut !== undefined) signalGroup(child.pid, "SIGKILL");
  if (child.pid !== undefined) running.delete(child.pid);
  if (result === undefined) {
    child.stdout.destroy();
    child.stderr.destroy();
    return { exitCode: undefined, stdout: "", stderr: "", end: cut ?? "deadline" };
  }
  await taken;
  const ended = cut ?? (result.isMaxBuffer ? "too much output" : (endings[result.code ?? ""] ?? "not started"));
  const stdout = tails?.stdout.join("\n") ?? String(result.stdout ?? "");
  const stderr = tails?.stderr.join("\n") ?? String(result.stderr ?? "");
  return { exitCode: result.exitCode, stdout, stderr, end: ended };
}

const tailLines = 100;

/** Tells every line on, and keeps the last ones in a list that fills as they come. */
function tailOf(stream: Readable | null, tell: (line: string) => void = () => {}): readonly string[] {
  const tail: string[] = [];
  eachLine(stream, (line) => {
    tail.push(line);
    if (tail.length > tailLines) tail.shift();
    tell(line);
  });
  return tail;
}

function watchGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  running.add(pid);
  if (endsWithUs) return;
  endsWithUs = true;
  process.once("exit", () => {
    for (const group of running) signalGroup(group, "SIGTERM");
  });
}

function signalGroup(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // The whole group ended by itself.
  }
}
