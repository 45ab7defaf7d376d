import type { ServiceName } from "./words.ts";

/** What systemd says about one unit, read in one go. Times in ms since 1970 (0 = never). */
export type UnitState = {
  readonly service: ServiceName;
  readonly loadState: string;
  readonly activeState: "active" | "reloading" | "refreshing" | "inactive" | "failed" | "activating" | "deactivating" | "maintenance";
  readonly subState: string;
  /** `success`, `exit-code`, `signal`, `timeout`, `watchdog`, `oom-kill`, `start-limit-hit` … */
  readonly result: string;
  readonly execMainStatus: number;
  readonly mainPid: number;
  readonly restarts: number;
  /** 32 hex digits, empty when the unit never ran. New invocation = new container. */
  readonly invocation: string;
  /** Path of the Quadlet file it was generated from: shows the real generation folder. */
  readonly sourcePath: string;
  readonly fragmentPath: string;
  readonly dropInPaths: readonly string[];
  readonly activeSince: number;
  readonly stateChangedAt: number;
};

/** systemd's words for how a job ended, plus `lost` when the manager forgot it and the state had to be re-read. */
export type JobResult =
  | "done"
  | "canceled"
  | "timeout"
  | "failed"
  | "dependency"
  | "skipped"
  | "assert"
  | "unsupported"
  | "collected"
  | "once"
  | "lost";

/** A container as Podman lists it. */
export type ContainerFact = {
  readonly name: string;
  readonly id: string;
  readonly imageId: string;
  /** `running`, `exited`, `created`, `paused` … */
  readonly state: string;
  readonly labels: Readonly<Record<string, string>>;
  /** The unit that runs it, from Podman's own label PODMAN_SYSTEMD_UNIT. */
  readonly service?: ServiceName;
  readonly networks: readonly string[];
};

export type NetworkFact = {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** CIDR notation. */
  readonly subnets: readonly string[];
  readonly gateways: readonly string[];
  readonly internal: boolean;
  readonly dnsEnabled: boolean;
};

export type VolumeFact = { readonly name: string; readonly labels: Readonly<Record<string, string>>; readonly mountPath: string };

export type ImageFact = {
  readonly id: string;
  readonly tags: readonly string[];
  readonly repoDigests: readonly string[];
  /** The image's own HEALTHCHECK as an argv, absent if it has none. */
  readonly hasHealthcheck: boolean;
  readonly sizeBytes: number;
};

/** A unit file of a generation that is not what the manifest says; `foreign` = nobody of us wrote it. */
export type UnitFileDrift = { readonly file: string; readonly kind: "missing" | "edited" | "foreign" };

/** A running container, looked at closely. */
export type ContainerDetail = {
  readonly name: string;
  /** Of its first process, as this machine counts. */
  readonly pid: number;
  /** Who that process is; undefined when it ended meanwhile. */
  readonly process: ProcessFact | undefined;
  /** As it was started: `1000`, `999:999`, or empty. */
  readonly user: string;
  readonly readOnly: boolean;
  readonly privileged: boolean;
  /** `no-new-privileges`, `label=disable`, `seccomp=…` */
  readonly securityOptions: readonly string[];
  /** What its processes can ever get: `CAP_CHOWN` … */
  readonly capabilities: readonly string[];
  readonly networks: readonly { readonly name: string; readonly addresses: readonly string[] }[];
  readonly volumes: readonly { readonly name: string; readonly path: string; readonly writable: boolean }[];
};

/** Ids here and below are those of the rootless user namespace, as `podman unshare` and archives count. */
export type ProcessFact = {
  readonly uid: number;
  readonly groups: readonly number[];
  /** Root of its user namespace may write whatever belongs to the namespace. */
  readonly overridesPermissions: boolean;
};

/** A volume, looked at closely. */
export type VolumeDetail = {
  readonly name: string;
  readonly driver: string;
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAt: string;
  readonly mountPath: string;
  /** Of its top folder; undefined where it cannot be looked at (what is mounted only while it is used). */
  readonly root: FolderFact | undefined;
};

export type FolderFact = { readonly uid: number; readonly gid: number /** The twelve permission bits. */; readonly mode: number };

/** What the machine's own Quadlet generator makes of every folder that it reads, as at the next reload or boot. */
export type BootFacts = {
  readonly files: readonly { readonly path: string; readonly service: ServiceName }[];
  readonly units: readonly { readonly service: ServiceName; readonly text: string }[];
  readonly messages: readonly string[];
};

/** How a try to connect ended. `silent` = nothing came back in time. */
export type ReachOutcome = "connected" | "refused" | "unreachable" | "silent";
