import type { Failpoint } from "../deploy/failpoint.ts";
import type { ExitCode } from "../domain/exit.ts";
import type { Ports } from "../ports/ports.ts";
import type { Sandbox } from "../ports/sandbox.ts";
import type { Folders, Source } from "../ports/store.ts";

export type Files = { readonly source: Source; readonly folders: Folders };

/** What a verb may use: `main` fills it in, so that no verb reaches for the process by itself. */
export type CliContext = {
  /** Connects to the user manager on first use; `--help` needs no bus. */
  readonly ports: () => Promise<Ports>;
  /** Reading and writing files needs no user manager. */
  readonly files: () => Promise<Files>;
  readonly sandbox: Sandbox;
  readonly out: (text: string) => void;
  /** Progress and errors: standard error, so that `--json | jq` stays clean. */
  readonly err: (text: string) => void;
  readonly isTerminal: boolean;
  readonly color: boolean;
  readonly cwd: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
  /** Aborted by the first Ctrl-C or SIGTERM: roll back, then end. */
  readonly interrupted: AbortSignal;
  /** Kills this process at a named step, for crash tests; does nothing in normal life. */
  readonly failpoint: Failpoint;
  readonly confirm: (question: string) => Promise<boolean>;
  /** Attaches a child to our terminal (journalctl, the pager) and returns its exit code. */
  readonly attach: (argv: readonly [string, ...string[]]) => Promise<number>;
  readonly agent: () => Promise<ExitCode>;
  /** What the agent that runs says about itself; undefined when none runs, or none answers. Never starts one. */
  readonly askAgent: () => Promise<unknown>;
  readonly prober: () => Promise<ExitCode>;
  /** One question from standard input, asked from inside a container's network. */
  readonly probeOnce: () => Promise<void>;
};
