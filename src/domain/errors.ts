import { type ExitCode, exits } from "./exit.ts";

type ErrorRow = { readonly exit: ExitCode; readonly remedy: string };

/**
 * Every error a person can meet: its code, the exit code it ends with, and what to do about it.
 * docs/reference/errors.md is checked against this table in both directions.
 */
export const errors = {
  usage: { exit: exits.usage, remedy: "Run the command with --help." },
  "source-missing": { exit: exits.usage, remedy: "Name a folder that holds Quadlet files." },
  "source-empty": {
    exit: exits.usage,
    remedy: "Put at least one .container, .pod or .kube file into the folder, or use `phoenix teardown`.",
  },
  "file-unreadable": { exit: exits.usage, remedy: "Check that the file exists and that you may read it." },
  "unit-syntax": { exit: exits.usage, remedy: "Write `[Section]` and `Key=value` lines, UTF-8 without a byte order mark." },
  "unit-key": { exit: exits.usage, remedy: "Use a key that this unit type has; see podman-systemd.unit(5)." },
  "unit-value": { exit: exits.usage, remedy: "Correct the value; see podman-systemd.unit(5)." },
  "unit-version": { exit: exits.usage, remedy: "Use a newer Podman, or leave the key out." },
  "unit-escape": {
    exit: exits.usage,
    remedy: "Write only the escapes that systemd knows; double every backslash that is meant literally.",
  },
  "sandbox-unsupported": { exit: exits.failed, remedy: "The sandbox needs Linux, root, and Debian's package mirror." },
  "sandbox-failed": { exit: exits.failed, remedy: "Look at the log named in the message; `phoenix sandbox down --delete` starts afresh." },
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errors;

/** A place in a file a person wrote. `line` counts from 1. */
export type Place = { readonly file: string; readonly line?: number };

/** A finding about something a person wrote or about the machine. Core functions return issues; only the shell throws. */
export type Issue = {
  readonly severity: "error" | "warning";
  readonly code: ErrorCode;
  /** One sentence: what was found. */
  readonly message: string;
  readonly place?: Place;
  /** Only where it can say more than the code's own remedy. */
  readonly remedy?: string;
};

/** The one error class: a code of the table, what was found, where, and the issues behind it. */
export class PhoenixError extends Error {
  override readonly name = "PhoenixError";
  readonly code: ErrorCode;
  readonly place: Place | undefined;
  readonly issues: readonly Issue[];
  readonly #remedy: string | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    more: { readonly place?: Place; readonly remedy?: string; readonly issues?: readonly Issue[]; readonly cause?: unknown } = {},
  ) {
    super(message, { cause: more.cause });
    this.code = code;
    this.place = more.place;
    this.issues = more.issues ?? [];
    this.#remedy = more.remedy;
  }

  get exit(): ExitCode {
    return errors[this.code].exit;
  }

  get remedy(): string {
    return this.#remedy ?? errors[this.code].remedy;
  }
}

/** `file:line` as editors understand it, or an empty string. */
export function showPlace(place: Place | undefined): string {
  if (place === undefined) return "";
  return place.line === undefined ? place.file : `${place.file}:${place.line}`;
}
