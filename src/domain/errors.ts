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
  "podman-missing": { exit: exits.failed, remedy: "Install Podman 5.3 or newer, with its Quadlet generator." },
  "podman-too-old": { exit: exits.failed, remedy: "Install Podman 5.3 or newer." },
  "podman-failed": { exit: exits.failed, remedy: "Run the same podman command by hand; nothing else was changed." },
  "podman-timeout": {
    exit: exits.failed,
    remedy: "See whether `podman ps` answers; a podman that hangs on its locks is freed by ending the process that holds them.",
  },
  "pull-failed": { exit: exits.failed, remedy: "Check the image's name, the network, and `podman login`." },
  "build-failed": { exit: exits.failed, remedy: "Run the build by hand: `podman build`." },
  "preflight-failed": { exit: exits.failed, remedy: "Check that systemd-analyze and Podman's generator can be run." },
  "generation-missing": { exit: exits.notFound, remedy: "`phoenix history` lists the generations that are kept." },
  "generation-damaged": { exit: exits.failed, remedy: "Deploy again from the source: it writes a new generation." },
  "source-changed": { exit: exits.failed, remedy: "Run the command again: the source changed while it was read." },
  "source-too-large": { exit: exits.usage, remedy: "Keep data and build contexts with very many files outside the stack's folder." },
  "link-outside": { exit: exits.usage, remedy: "Replace the link by the file itself." },
  "state-unsafe": { exit: exits.failed, remedy: "Move away what stands there, or give the folder to your user with mode 0700." },
  "state-unwritable": { exit: exits.failed, remedy: "Check free space, quota and permissions of the folder." },
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
