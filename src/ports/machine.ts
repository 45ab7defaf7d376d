import type { BootFacts, ContainerFact, ImageFact, JobResult, NetworkFact, UnitState, VolumeFact } from "../domain/observed.ts";
import type { Probe, ProbeResult, ProbeRoute } from "../domain/policy.ts";
import type { Ms, ServiceName, StackName } from "../domain/words.ts";

/** systemd's user manager. Every call has a deadline of its own and fails with a PhoenixError. */
export type Units = {
  /**
   * States of the named units; a unit systemd does not know comes back with loadState `not-found`. A unit whose load, active and sub
   * state are as `known` may come back as known: reading all of a unit costs twenty times as much.
   */
  readonly list: (services: readonly ServiceName[], known?: ReadonlyMap<ServiceName, UnitState>) => Promise<readonly UnitState[]>;
  /** Starts a job and waits for its result, at most `timeoutMs`. ResetFailedUnit comes first for start and restart. */
  readonly job: (kind: "start" | "stop" | "restart", service: ServiceName, timeoutMs: Ms) => Promise<JobResult>;
  /** SIGKILL to every process of the unit. */
  readonly kill: (service: ServiceName) => Promise<void>;
  /** daemon-reload, serialised with every other Phoenix process. */
  readonly reload: () => Promise<void>;
  /** The user manager's own environment: the generator sees this one, not the shell's. */
  readonly environment: () => Promise<Readonly<Record<string, string>>>;
  /** Calls back whenever something about a unit may have changed; signals give speed, the caller's relist gives truth. */
  readonly watch: (changed: (change: UnitChange) => void) => Promise<() => void>;
};

export type UnitChange =
  | { readonly kind: "unit"; readonly service: ServiceName }
  /**
   * A job ended; `jobType` (`start`, `stop`, `restart` …) tells a person's stop from a crash. `own` = this process asked for it, or for
   * a job that brought it along.
   */
  | { readonly kind: "job"; readonly service: ServiceName; readonly jobType: string; readonly result: JobResult; readonly own: boolean }
  /** Reloaded, reconnected, or signals may have been lost: look at everything again. */
  | { readonly kind: "relist" };

/** Podman containers. */
export type Containers = {
  readonly list: (stack: StackName) => Promise<readonly ContainerFact[]>;
  /** Runs a changed service beside the live one: the unit's generated ExecStart without ports, alias and fixed address. Returns its name. */
  readonly rehearse: (service: ServiceName, execStart: readonly string[]) => Promise<string>;
  /** Exit code of a rehearsal that ended, undefined while it runs. */
  readonly exitCode: (name: string) => Promise<number | undefined>;
  readonly remove: (name: string) => Promise<void>;
  /** The last lines that a container, or a service since a time (ms since 1970), has printed. Never fails. */
  readonly lastWords: (
    of: { readonly container: string } | { readonly service: ServiceName; readonly object: string; readonly sinceMs: number },
  ) => Promise<readonly string[]>;
};

/** Who follows long work, and may end it. */
export type Attention = { readonly progress: (line: string) => void; readonly interrupted: AbortSignal };

export type Images = {
  /** Local look-up, never the network. */
  readonly find: (reference: string) => Promise<ImageFact | undefined>;
  readonly pull: (reference: string, attention: Attention) => Promise<ImageFact>;
  /** Runs the `podman build` of a generated build unit's ExecStart, as a unit of its own: it goes on when this process is killed. */
  readonly build: (
    work: { readonly service: ServiceName; readonly execStart: readonly string[]; readonly workingFolder: string },
    attention: Attention,
  ) => Promise<ImageFact>;
  readonly tag: (id: string, tags: readonly string[]) => Promise<void>;
  readonly untag: (tag: string) => Promise<void>;
  /** Tags under `localhost/phoenix/<stack>/`. */
  readonly kept: (stack: StackName) => Promise<readonly { readonly tag: string; readonly id: string }[]>;
};

/** Podman's other objects. */
export type Objects = {
  readonly networks: () => Promise<readonly NetworkFact[]>;
  readonly volumes: () => Promise<readonly VolumeFact[]>;
  readonly secrets: () => Promise<readonly string[]>;
  readonly removeNetwork: (name: string) => Promise<void>;
  readonly removeVolume: (name: string) => Promise<void>;
  readonly removeSecret: (name: string) => Promise<void>;
  /** 32 random bytes as base64url, by stdin, never printed. Labelled with the stack. */
  readonly generateSecret: (name: string, stack: StackName) => Promise<void>;
  /** The same with a given value. One that is there stays as it is. */
  readonly createSecret: (name: string, value: string, stack: StackName) => Promise<void>;
  /** Whether a secret that is there has another value. */
  readonly secretDiffers: (name: string, value: string) => Promise<boolean>;
};

export type ProbeRequest = { readonly probe: Probe; readonly route: ProbeRoute; readonly service: ServiceName; readonly timeoutMs: Ms };

/** Asks one health question once. Never throws: what could not be asked is an outcome `error`. */
export type Prober = { readonly probe: (request: ProbeRequest) => Promise<ProbeResult>; readonly close: () => Promise<void> };

export type GeneratedUnit = { readonly service: ServiceName; readonly text: string };

/** Podman's Quadlet generator and systemd-analyze. Nothing here writes to the live folders. */
export type Generator = {
  /** e.g. `5.4.2`, of the generator that the user manager runs, not of `podman`. */
  readonly version: () => Promise<string>;
  /** Files by name -> generated services; every line the generator printed. */
  readonly generate: (
    files: ReadonlyMap<string, string>,
  ) => Promise<{ readonly units: readonly GeneratedUnit[]; readonly messages: readonly string[] }>;
  /** The same of the folders that the user manager's own run would read: what the next reload or boot will make. */
  readonly atBoot: () => Promise<BootFacts>;
  /** Lines of `systemd-analyze --user verify` that name one of the given units. */
  readonly verify: (
    units: readonly GeneratedUnit[],
  ) => Promise<{ readonly messages: readonly string[]; readonly foreign: readonly string[] }>;
};

/** Facts about the machine, each cheap to ask. */
export type Host = {
  /** Subnets of this machine's interfaces, CIDR, with the interface's name. */
  readonly subnets: () => Promise<readonly { readonly subnet: string; readonly owner: string }[]>;
  /** TCP ports somebody listens on, with the owner where it can be known. */
  readonly listeners: () => Promise<readonly { readonly address: string; readonly port: number; readonly owner?: string }[]>;
  readonly freeBytes: (path: string) => Promise<number>;
  /** Unit files outside Phoenix's own folders that have one of these names, with their path. */
  readonly foreignUnits: (names: readonly string[]) => Promise<readonly { readonly name: string; readonly path: string }[]>;
  /** The container's published port answers: connected and not closed for 600 ms: the proxy of a rootless bridge needs up to 200 to give up. */
  readonly accepts: (address: string, port: number, timeoutMs: Ms) => Promise<boolean>;
};
