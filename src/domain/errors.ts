import { type ExitCode, exits } from "./exit.ts";

type ErrorRow = { readonly exit: ExitCode; readonly remedy: string };

/**
 * Every error a person can meet: its code, the exit code it ends with, and what to do about it.
 * docs/reference/errors.md is checked against this table in both directions.
 */
export const errors = {
  usage: { exit: exits.usage, remedy: "Run the command with --help." },
  "source-missing": { exit: exits.usage, remedy: "Name a folder of Quadlet files, or a Compose file." },
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
  "compose-syntax": { exit: exits.usage, remedy: "Correct the line; any YAML checker shows the same place." },
  "compose-limit": {
    exit: exits.usage,
    remedy: "Split the file, or look at where it came from: files that a person writes stay far below this limit.",
  },
  "compose-variable": {
    exit: exits.usage,
    remedy: "Set the variable in .env, with --env-file or in the environment; a dollar sign that is meant literally is written `$$`.",
  },
  "compose-cycle": { exit: exits.usage, remedy: "Remove one of these include or extends entries." },
  "compose-missing": { exit: exits.usage, remedy: "Correct the name, or add what it names." },
  "compose-merge": { exit: exits.usage, remedy: "Give the key the same form in both places, or mark the later one with `!override`." },
  "source-invalid": { exit: exits.usage, remedy: "Correct what is listed; nothing was touched." },
  "stack-name": { exit: exits.usage, remedy: "Use lower-case letters, digits and `-`, at most 40 characters: `--stack NAME`." },
  "stack-unknown": { exit: exits.notFound, remedy: "`phoenix status` lists the stacks." },
  "generation-unknown": { exit: exits.notFound, remedy: "`phoenix history` lists the generations." },
  "generator-refused": { exit: exits.usage, remedy: "Correct the unit; nothing was touched." },
  "argument-lost": {
    exit: exits.usage,
    remedy: "Podman's generator drops this line silently: look for a backslash or a quote in the value.",
  },
  "image-missing": { exit: exits.usage, remedy: "Pull or build the image by hand to see why it fails; nothing was touched." },
  "subnet-taken": { exit: exits.usage, remedy: "Move the network to a free subnet with a drop-in." },
  "port-taken": { exit: exits.usage, remedy: "Stop whoever listens there, or publish another port." },
  "name-taken": { exit: exits.usage, remedy: "Rename the unit, or remove the other file." },
  quarantined: { exit: exits.undone, remedy: "Change the source, or deploy with --force to try the same thing again." },
  "rehearsal-failed": { exit: exits.undone, remedy: "Look at the logs above; what ran before still runs, untouched." },
  "rolled-back": {
    exit: exits.undone,
    remedy: "Look at `phoenix history` and `phoenix logs`; it is not tried again until the source changes.",
  },
  interrupted: { exit: exits.undone, remedy: "Run the command again when you are ready." },
  "rollback-unhealthy": { exit: exits.broken, remedy: "Look at `phoenix status` and `phoenix logs`; the agent goes on trying." },
  "no-rollback-target": { exit: exits.usage, remedy: "`phoenix history` shows which generations are good." },
  "units-not-loaded": { exit: exits.failed, remedy: "Look at `journalctl --user -b -t quadlet-generator`." },
  "repair-failed": { exit: exits.unhealthy, remedy: "Look at `phoenix status` and `phoenix logs`." },
  "source-link": { exit: exits.usage, remedy: "Put the file itself into the folder." },
  "source-ignored": { exit: exits.usage, remedy: "Move it to the top of the folder, or remove it." },
  "unit-name": { exit: exits.usage, remedy: "Rename the file." },
  "unit-duplicate": { exit: exits.usage, remedy: "Rename one of the two." },
  "unit-reference": { exit: exits.usage, remedy: "Name a file of this folder or of another deployed stack." },
  "unit-cycle": { exit: exits.usage, remedy: "Remove one of these After=, Before=, Wants= or Requires= lines." },
  "unit-rendered": { exit: exits.usage, remedy: "Phoenix writes this otherwise; nothing needs to be done." },
  "unit-dependency": { exit: exits.usage, remedy: "Use Wants= and After=, which leave a service alone while its dependency is down." },
  "policy-key": { exit: exits.usage, remedy: "docs/reference/x-phoenix.md lists the keys of [X-Phoenix]." },
  "policy-value": { exit: exits.usage, remedy: "docs/reference/x-phoenix.md shows what is allowed." },
  "input-missing": { exit: exits.usage, remedy: "Create the file, or correct the path; it counts from the folder of the unit." },
  "input-outside": { exit: exits.usage, remedy: "Put the file itself into the folder, or name it with an absolute path." },
  "input-large": { exit: exits.usage, remedy: "Keep large data in a volume or under an absolute path." },
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
  "generation-damaged": { exit: exits.failed, remedy: "Deploy again from the source: it writes a new generation." },
  "source-changed": { exit: exits.failed, remedy: "Run the command again: the source changed while it was read." },
  "source-too-large": { exit: exits.usage, remedy: "Keep data and build contexts with very many files outside the stack's folder." },
  "link-outside": { exit: exits.usage, remedy: "Replace the link by the file itself." },
  "state-unsafe": { exit: exits.failed, remedy: "Move away what stands there, or give the folder to your user with mode 0700." },
  "state-unwritable": { exit: exits.failed, remedy: "Check free space, quota and permissions of the folder." },
  "bus-unreachable": {
    exit: exits.failed,
    remedy:
      "Log in as this user (`machinectl shell USER@`, or `systemctl --user -M USER@`; not `su`), install dbus-user-session, and keep the user manager with `loginctl enable-linger USER`.",
  },
  "bus-timeout": {
    exit: exits.failed,
    remedy: "Look at `systemctl --user status` and `journalctl --user -e`: the user manager is stuck or busy.",
  },
  "bus-lost": { exit: exits.failed, remedy: "Run the command again; the user manager or its D-Bus was restarted meanwhile." },
  "bus-refused": { exit: exits.failed, remedy: "Look at `journalctl --user -e` for the reason that systemd gives." },
  "unit-missing": {
    exit: exits.notFound,
    remedy: "Look at `systemctl --user list-unit-files` and at the generator's lines in `journalctl --user -e`.",
  },
  "lane-taken": { exit: exits.busy, remedy: "Wait until it is done, or wait longer with `--wait`." },
  "lane-lost": { exit: exits.failed, remedy: "Run `phoenix status`; the next change finishes or undoes what was interrupted." },
  "config-invalid": { exit: exits.usage, remedy: "docs/reference/config.md shows what is allowed; until then the defaults count." },
  "compose-value": { exit: exits.usage, remedy: "docs/reference/compose.md lists every key and what becomes of it." },
  "compose-not-carried": { exit: exits.usage, remedy: "Change what is named, or leave out --strict: then it is only told." },
  "compose-risky": { exit: exits.usage, remedy: "Leave it out, or say --allow-risky." },
  "token-unusable": { exit: exits.failed, remedy: "Put the token alone into a file of your own with mode 0600." },
  "agent-running": { exit: exits.busy, remedy: "Look at `systemctl --user status phoenix.service`; one agent is enough." },
  "service-down": { exit: exits.unhealthy, remedy: "Look at `phoenix logs` for the reason; `systemctl --user start UNIT` starts it." },
  "service-given-up": { exit: exits.unhealthy, remedy: "Look at `phoenix logs`; correct the cause, then `systemctl --user restart UNIT`." },
  "unit-drift": {
    exit: exits.unhealthy,
    remedy: "`phoenix deploy` brings back what the generation says; `phoenix plan` shows the difference.",
  },
  "probe-failed": { exit: exits.unhealthy, remedy: "Look at `phoenix logs` for what the service says about it." },
  "port-silent": {
    exit: exits.unhealthy,
    remedy: "Restart the service; see whether its program listens on that port and on every address, not on 127.0.0.1 only.",
  },
  "dns-wrong": { exit: exits.unhealthy, remedy: "Restart the service: its name is written into the network's DNS at every start." },
  "network-open": {
    exit: exits.unhealthy,
    remedy:
      "See `podman network inspect` and `podman inspect` for who joined what; a restart of the service joins only what its unit says.",
  },
  "volume-missing": { exit: exits.unhealthy, remedy: "`phoenix deploy` makes it anew, empty; `phoenix volumes import` brings data back." },
  "volume-owner": {
    exit: exits.unhealthy,
    remedy: "Correct it from inside the user namespace: `podman unshare chown UID:GID PATH`, with the numbers that the container uses.",
  },
  "secret-missing": {
    exit: exits.unhealthy,
    remedy: "Create it again with the same value before anything restarts: a running container still has it under /run/secrets.",
  },
  "security-lost": {
    exit: exits.unhealthy,
    remedy: "Restart the service; if that does not help, `systemctl --user cat UNIT` shows which override changes its command.",
  },
  "foreign-broken": { exit: exits.unhealthy, remedy: "Correct the file, or move it out of the folder." },
  "image-gone": {
    exit: exits.unhealthy,
    remedy: "`podman pull` the reference again, or deploy from the source; until then it cannot be rolled back to.",
  },
  "volume-unknown": { exit: exits.notFound, remedy: "`phoenix volumes list` shows them." },
  "volume-in-use": { exit: exits.usage, remedy: "Stop who uses it, or say --stop; nothing was touched." },
  "volume-elsewhere": {
    exit: exits.usage,
    remedy: "Copy the data where the volume's options say it is kept; nothing was touched.",
  },
  "archive-exists": { exit: exits.usage, remedy: "Name another file, or say --force." },
  "archive-unusable": {
    exit: exits.usage,
    remedy: "Use an archive that `phoenix volumes export` or `podman volume export` wrote; the volume was not touched.",
  },
  "secret-unset": { exit: exits.usage, remedy: "Set the value, or create the secret by hand: podman secret create NAME FILE." },
  "import-exists": { exit: exits.usage, remedy: "Name another place, or say --force; nothing was written." },
  "export-failed": { exit: exits.failed, remedy: "Check free space and permissions; no file was left behind." },
  "import-failed": { exit: exits.failed, remedy: "Correct the cause and import again; the volume has the data it had." },
  "agent-silent": { exit: exits.failed, remedy: "Look at `journalctl --user -u phoenix -e`; its watchdog restarts an agent that hangs." },
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
