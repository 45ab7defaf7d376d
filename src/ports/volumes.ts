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
  /** A new volume with the driver, options and labels of another. */
  readonly create: (name: string, like: Pick<VolumeDetail, "driver" | "options" | "labels">) => Promise<void>;
  /** Unpacks into an empty volume; owners and modes come from the archive, those of the top folder from `root`. */
  readonly load: (name: string, archive: Archive, root: FolderFact | undefined, signal?: AbortSignal) => Promise<void>;
};

export type VolumeUser = { readonly container: string; readonly isRunning: boolean; readonly service?: string };

export type Archive = { readonly path: string; readonly root: FolderFact | undefined };
