import type { FolderFact, VolumeDetail } from "../domain/observed.ts";

/** The data of Podman's volumes. What they are stands in `CloseLook.volumes`, and `Objects.removeVolume` removes one. */
export type Volumes = {
  /** Bytes on the disk by name; a volume that cannot be measured is left out. */
  readonly sizes: () => Promise<ReadonlyMap<string, number>>;
  /** Containers that hold it, in whatever state. */
  readonly users: (name: string) => Promise<readonly VolumeUser[]>;
  /** The volume as a tar archive, whole or not at all, mode 0600; `-` = standard output. */
  readonly save: (volume: VolumeDetail, path: string, how: { readonly overwrite: boolean; readonly signal: AbortSignal }) => Promise<void>;
  /** An archive as a file of its own (standard input is copied first), and whose its top folder is if it says so. */
  readonly open: <T>(path: string, use: (archive: Archive) => Promise<T>) => Promise<T>;
  /** A new plain volume with the archive in it; owners and modes come from the archive, those of the top folder from `root`. */
  readonly unpack: (name: string, archive: Archive, how: Unpacking) => Promise<void>;
  /** Two plain volumes change their data with each other: at every instant each of them has all of one. */
  readonly exchange: (name: string, other: string) => Promise<void>;
};

export type Unpacking = {
  readonly labels: Readonly<Record<string, string>>;
  readonly root: FolderFact | undefined;
  readonly signal: AbortSignal;
};

export type VolumeUser = { readonly container: string; readonly isRunning: boolean; readonly service?: string };

export type Archive = { readonly path: string; readonly root: FolderFact | undefined };
