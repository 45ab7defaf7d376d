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
