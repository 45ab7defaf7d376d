import type { StackEvent } from "../domain/events.ts";
import type { Generation, PinnedInput } from "../domain/generation.ts";
import type { LedgerLine, ReadLedger } from "../domain/ledger.ts";
import type { UnitFileDrift } from "../domain/observed.ts";
import type { NewFile, SourceEntry, SourceFolder } from "../domain/source.ts";
import type { Digest, GenerationNumber, Ms, StackName } from "../domain/words.ts";

export type { UnitFileDrift } from "../domain/observed.ts";
export type { NewFile, SourceEntry, SourceFolder } from "../domain/source.ts";

/** Reads what a person wrote. */
export type Source = {
  readonly read: (path: string) => Promise<SourceFolder>;
  /** Digest of one file or of a folder tree (relative to root or absolute); refuses links that leave the root. */
  readonly digest: (
    root: string,
    path: string,
  ) => Promise<{ readonly digest: Digest; readonly kind: "file" | "folder"; readonly sizeBytes: number }>;
  /** What a person's path means. Throws `source-missing`. */
  readonly find: (path: string) => Promise<FoundPath>;
  /** Texts by absolute path; null = not there, no file, not readable, not UTF-8, or larger than a Compose file can be. */
  readonly texts: (paths: readonly string[]) => Promise<ReadonlyMap<string, string | null>>;
  /** What stands at some paths of a folder, without reading the rest of it: data beside a Compose file may be large, or another user's. */
  readonly look: (root: string, paths: readonly LookAt[]) => Promise<readonly SourceEntry[]>;
};

/** `folder` is absolute with its links resolved; `names` stand in it. A file is named by `name`, whatever it links to. */
export type FoundPath =
  | { readonly kind: "file"; readonly folder: string; readonly name: string }
  | { readonly kind: "folder"; readonly folder: string; readonly names: readonly string[] };

/** `deep`: with everything below it. */
export type LookAt = { readonly path: string; readonly deep: boolean };

/** Writes what a person asked for, whole or not at all. */
export type Folders = {
  /**
   * A folder of files. One that is there stays but for what an earlier call wrote into it; what was edited since, or is somebody
   * else's and in the way, is refused (`import-exists`) unless `force`.
   */
  readonly write: (path: string, files: readonly NewFile[], options: { readonly force: boolean }) => Promise<void>;
  /** One file. Refuses one that is there unless `force`. */
  readonly writeFile: (path: string, text: string, options: { readonly force: boolean; readonly secret: boolean }) => Promise<void>;
  /** Makes those of these folders that are missing, and says which they were. */
  readonly make: (paths: readonly string[]) => Promise<readonly string[]>;
};

/** What a generation is made of that stands in no folder. */
export type Made = {
  /** Texts of inputs, by their source: no file is read for them. */
  readonly inputs: ReadonlyMap<string, string>;
  /** What a person wrote, by relative path: kept beside the units, for whoever wants to see it. */
  readonly source: ReadonlyMap<string, string>;
};

/** Immutable generations and the one mutable link. Writes are temp + fsync + rename. */
export type Generations = {
  /** `$XDG_STATE_HOME/phoenix`, absolute: rendered texts name files below it. */
  readonly stateRoot: string;
  readonly list: (stack: StackName) => Promise<readonly GenerationNumber[]>;
  /** Throws `generation-damaged` when the manifest cannot be trusted; unit files that differ from a sound manifest are its `drift`. */
  readonly read: (stack: StackName, number: GenerationNumber) => Promise<Generation & { readonly drift?: readonly UnitFileDrift[] }>;
  /** Copies inputs, writes units and manifest; the folder appears whole or not at all. Returns the number it got. */
  readonly write: (candidate: Omit<Generation, "number">, inputs: readonly PinnedInput[], made?: Made) => Promise<Generation>;
  /** Copies inputs ahead of their generation: builds read them. */
  readonly keep: (stack: StackName, inputs: readonly PinnedInput[], made: Made) => Promise<void>;
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
