import type { StackEvent } from "../domain/events.ts";
import type { Generation, PinnedInput } from "../domain/generation.ts";
import type { LedgerLine, ReadLedger } from "../domain/ledger.ts";
import type { UnitFileDrift } from "../domain/observed.ts";
import type { SourceFolder } from "../domain/source.ts";
import type { Digest, GenerationNumber, Ms, StackName } from "../domain/words.ts";

export type { UnitFileDrift } from "../domain/observed.ts";
export type { SourceEntry, SourceFolder } from "../domain/source.ts";

/** Reads what a person wrote. */
export type Source = {
  readonly read: (path: string) => Promise<SourceFolder>;
  /** Digest of one file or of a folder tree (relative to root or absolute); refuses links that leave the root. */
  readonly digest: (
    root: string,
    path: string,
  ) => Promise<{ readonly digest: Digest; readonly kind: "file" | "folder"; readonly sizeBytes: number }>;
};

/** Immutable generations and the one mutable link. Writes are temp + fsync + rename. */
export type Generations = {
  /** `$XDG_STATE_HOME/phoenix`, absolute: rendered texts name files below it. */
  readonly stateRoot: string;
  readonly list: (stack: StackName) => Promise<readonly GenerationNumber[]>;
  /** Throws `generation-damaged` when the manifest cannot be trusted; unit files that differ from a sound manifest are its `drift`. */
  readonly read: (stack: StackName, number: GenerationNumber) => Promise<Generation & { readonly drift?: readonly UnitFileDrift[] }>;
  /** Copies inputs, writes units and manifest; the folder appears whole or not at all. Returns the number it got. */
  readonly write: (candidate: Omit<Generation, "number">, inputs: readonly PinnedInput[]) => Promise<Generation>;
  /** Which generation the live link names: 0 = no link, undefined = something else stands there. */
  readonly live: (stack: StackName) => Promise<GenerationNumber | undefined>;
  /** Missing unit files come back from the manifest first, and edited ones too unless they are kept. */
  readonly switch: (stack: StackName, number: GenerationNumber, edited?: "overwrite" | "keep") => Promise<void>;
  /** Removes generations and the content files nobody names any more. */
  readonly retain: (stack: StackName, keep: ReadonlySet<GenerationNumber>) => Promise<void>;
  /** Removes everything about a stack, its ledger last. The caller holds the lane and nothing runs. */
  readonly forget: (stack: StackName) => Promise<void>;
};

export type History = {
  readonly stacks: () => Promise<readonly StackName[]>;
  readonly read: (stack: StackName) => Promise<ReadLedger>;
  /** One line, one write, fsync; also one journal line. */
  readonly append: (stack: StackName, event: StackEvent) => Promise<LedgerLine>;
  /** Rewrites the ledger with the lines to keep (temp + fsync + rename); what others append meanwhile stays. Returns how many lines. */
  readonly shorten: (
    stack: StackName,
    keep: (lines: readonly LedgerLine[]) => readonly LedgerLine[],
  ) => Promise<{ readonly before: number; readonly after: number }>;
  /** Calls back within a second of a change to a ledger, by whichever process, and when a stack appears or goes. */
  readonly watch: (changed: (stack: StackName) => void) => () => void;
};

/** The right to change a stack: the bus name `io.phoenix.Lane.<stack>`, freed by the kernel when its holder dies. */
export type Lane = {
  /** Throws `lane-taken` naming the holder when it is not free within `waitMs`. `lost` aborts when somebody else got hold of the lane. */
  readonly hold: <T>(stack: StackName, waitMs: Ms, work: (lost: AbortSignal) => Promise<T>) => Promise<T>;
  readonly holder: (stack: StackName) => Promise<{ readonly pid: number; readonly command: string } | undefined>;
};

/** A line for the journal (or a person's terminal) that is not a ledger event. Priorities are syslog's. */
export type Journal = {
  readonly event: (stack: StackName, event: StackEvent) => void;
  readonly say: (priority: 3 | 4 | 5 | 6 | 7, message: string, fields?: Readonly<Record<string, string>>) => void;
};

/** Time. `now` is ms since 1970 for records; `monotonic` is for every decision about durations. */
export type Clock = {
  readonly now: () => number;
  readonly monotonic: () => Ms;
  /** An aborted sleep ends early and does not throw. */
  readonly sleep: (ms: Ms, signal?: AbortSignal) => Promise<void>;
};
