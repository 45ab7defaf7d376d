import { execa } from "execa";
import { PhoenixError } from "../domain/errors.ts";

export type CommandOptions = {
  readonly timeoutMs: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
};

/** Runs a program of the host and returns what it printed. A failure says which program and what it wrote last. */
export async function command(argv: readonly [string, ...string[]], options: CommandOptions): Promise<string> {
  const [file, ...args] = argv;
  const result = await execa(file, args, {
    reject: false,
    timeout: options.timeoutMs,
    killSignal: "SIGTERM",
    forceKillAfterDelay: 2_000,
    env: { LC_ALL: "C.UTF-8", ...options.env },
    cwd: "/",
    all: true,
    ...(options.input === undefined ? { stdin: "ignore" as const } : { input: options.input }),
  });
  if (result.failed) {
    const reason = result.timedOut ? `did not end within ${options.timeoutMs / 1000} s` : (result.shortMessage ?? "failed");
    throw new PhoenixError("sandbox-failed", `${file}: ${reason}\n${lastLines(result.all)}`.trimEnd());
  }
  return result.stdout;
}

/** The same, but only whether it worked: for clean-up steps that may find nothing left to do. */
export async function succeeds(argv: readonly [string, ...string[]], timeoutMs: number): Promise<boolean> {
  try {
    await command(argv, { timeoutMs });
    return true;
  } catch {
    return false;
  }
}

/** The end of a program's output: where the reason usually stands. */
export function lastLines(text: string | undefined, count = 15): string {
  return (text ?? "").trimEnd().split("\n").slice(-count).join("\n");
}
