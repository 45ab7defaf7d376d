import type { Writable } from "node:stream";
import * as z from "zod";
import { type ErrorCode, PhoenixError } from "../../domain/errors.ts";
import { showDuration } from "../../domain/time.ts";
import type { Ms } from "../../domain/words.ts";
import { lastLine } from "../host/lines.ts";
import { cleanEnvironment, type ProgramOptions, type ProgramResult, runProgram } from "../host/program.ts";
import type { RunAsUnit, UnitProgramOptions } from "../systemd/unitProgram.ts";
import { redact } from "./redact.ts";

/** The one way podman is run: with a deadline, a clean environment, capped output, and errors that never carry the arguments. */
export type Podman = {
  readonly environment: Readonly<Record<string, string>>;
  /** Runs `podman …args`, and fails unless it exits with 0. Returns what it printed on stdout. */
  readonly run: (purpose: string, args: readonly string[], options?: RunOptions) => Promise<string>;
  /** The same for questions whose answer is the exit code (`exists`): no failure but the deadline. */
  readonly ask: (purpose: string, args: readonly string[], options?: RunOptions) => Promise<ProgramResult>;
  /** Runs it and reads its JSON. */
  readonly json: <T>(purpose: string, args: readonly string[], schema: z.ZodType<T>) => Promise<T>;
};

export type RunOptions = {
  readonly timeoutMs?: Ms;
  readonly cwd?: string;
  readonly input?: string;
  readonly progress?: (line: string) => void;
  readonly into?: Writable;
  readonly signal?: AbortSignal;
  /** Long work: it runs as a unit of its own, which outlives us. */
  readonly unit?: Pick<UnitProgramOptions, "name" | "description" | "cwd" | "progress" | "interrupted">;
  /** The code of a failure, where one of its own says more. */
  readonly code?: ErrorCode;
};

export type PodmanOptions = {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly program?: string;
  readonly timeoutMs?: Ms;
  readonly asUnit: RunAsUnit;
};

/**
 * A question to podman is over before Go's collector has paid for itself: without it, until there is much to collect, an answer takes a
 * quarter less of the processor. Not for what has a deadline of its own: a pull or an export handles more than a small machine may lend it.
 */
const withoutCollector = { GOGC: "off", GOMEMLIMIT: "128MiB" } as const;

/** Node hands a child its input through a socket, but `podman secret create NAME -` reads only from a real pipe. */
const throughPipe = ["/bin/sh", "-c", 'cat | "$@"', "podman"] as const;

/** The other way round, `podman volume export` opens /dev/stdout anew, which a socket does not allow. The exit code is podman's own. */
const intoPipe = [
  "/bin/sh",
  "-c",
  'exec 4>&1; status=$( { { "$@" 3>&- 4>&-; echo $? >&3; } | cat >&4 3>&-; } 3>&1 ); exit "$status"',
  "podman",
] as const;

function argvOf(argv: readonly [string, ...string[]], { input, into }: RunOptions): readonly [string, ...string[]] {
  if (input !== undefined) return [...throughPipe, ...argv];
  return into === undefined ? argv : [...intoPipe, ...argv];
}

/** What `runProgram` takes of the options. */
function runnable({ cwd, input, progress, into, signal }: RunOptions): Partial<ProgramOptions> {
  return {
    ...(cwd === undefined ? {} : { cwd }),
    ...(input === undefined ? {} : { input }),
    ...(progress === undefined ? {} : { progress }),
    ...(into === undefined ? {} : { into }),
    ...(signal === undefined ? {} : { signal }),
  };
}

/** `purpose` completes "Cannot …": it names what was wanted, never the arguments. */
export function podmanRunner(options: PodmanOptions): Podman {
  const environment = cleanEnvironment(options.environment);
  // What the user says of them counts.
  const forQuestions = { ...withoutCollector, ...environment };
  const program = options.program ?? "podman";
  const usualTimeoutMs = options.timeoutMs ?? 20_000;

  const ask: Podman["ask"] = async (purpose, args, more = {}) => {
    const timeoutMs = more.timeoutMs ?? usualTimeoutMs;
    const result =
      more.unit === undefined
        ? await runProgram({
            argv: argvOf([program, ...args], more),
            environment: more.timeoutMs === undefined ? forQuestions : environment,
            timeoutMs,
            ...runnable(more),
          })
        : await options.asUnit({ argv: [program, ...args], timeoutMs, ...more.unit });
    if (result.end === "exited") return result;
    if (result.end === "not found") throw new PhoenixError("podman-missing", `Cannot ${purpose}: '${program}' is not in PATH.`);
    if (result.end === "deadline") {
      throw new PhoenixError("podman-timeout", `Cannot ${purpose}: podman did not answer within ${showDuration(timeoutMs)}.`);
    }
    if (result.end === "aborted") throw new PhoenixError("interrupted", `Cannot ${purpose}: it was interrupted.`);
    const why = {
      "not started": "podman could not be started",
      "too much output": "podman printed too much",
      "output refused": "what it printed could not be written",
    };
    throw new PhoenixError(more.code ?? "podman-failed", `Cannot ${purpose}: ${why[result.end]}.`);
  };

  const run: Podman["run"] = async (purpose, args, more = {}) => {
    const result = await ask(purpose, args, more);
    if (result.exitCode === 0) return result.stdout;
    throw new PhoenixError(more.code ?? "podman-failed", `Cannot ${purpose}: ${reasonOf(result, args)}.`);
  };

  const json: Podman["json"] = async (purpose, args, schema) => {
    const text = await run(purpose, args);
    const parsed = schema.safeParse(parseJson(text));
    if (parsed.success) return parsed.data;
    const where = parsed.error.issues[0]?.path.join(".") ?? "";
    throw new PhoenixError(
      "podman-failed",
      `Cannot ${purpose}: podman's answer is not what this version knows${where === "" ? "" : ` (at ${where})`}.`,
      {
        remedy: "See whether this Podman is newer than Phoenix supports.",
      },
    );
  };

  return { environment, run, ask, json };
}

/** Podman's own last words; what the arguments carry as values is struck out. */
function reasonOf(result: ProgramResult, args: readonly string[]): string {
  const words = (lastMatch(result.stderr, /^Error: .*$/gmu) ?? lastLine(result.stderr))?.replace(/^Error: /u, "").replace(/\.$/u, "");
  const exit = result.exitCode === undefined ? "podman was ended by a signal" : `podman ended with exit code ${result.exitCode}`;
  return words === undefined ? exit : redact(words, args).slice(0, 1_000);
}

function lastMatch(text: string, pattern: RegExp): string | undefined {
  return text.match(pattern)?.at(-1);
}

/** Go prints an empty list as `null`. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text.trim() === "" ? "null" : text) as unknown;
  } catch {
    return undefined;
  }
}

/** A list that podman writes as `null` when it is empty. */
export function list<T>(item: z.ZodType<T>): z.ZodType<readonly T[]> {
  return z
    .array(item)
    .nullish()
    .transform((items) => items ?? []);
}

/** Labels that podman writes as `null` when there are none. */
export const labels: z.ZodType<Readonly<Record<string, string>>> = z
  .record(z.string(), z.string())
  .nullish()
  .transform((found) => found ?? {});
