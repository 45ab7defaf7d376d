/** One entry of a source folder, sub-folders included. Paths are relative to its root, with `/`. */
export type SourceEntry =
  | { readonly kind: "file"; readonly path: string; readonly sizeBytes: number; readonly mode: number }
  | { readonly kind: "folder"; readonly path: string }
  /** `target` is the resolved absolute path, undefined when dangling; `inside` = it stays within the root. */
  | { readonly kind: "link"; readonly path: string; readonly target: string | undefined; readonly inside: boolean };

/** What a person wrote, as it was read: a folder of Quadlet files and the files their units read. */
export type SourceFolder = {
  /** Absolute, links resolved. */
  readonly root: string;
  readonly entries: readonly SourceEntry[];
  /** Text of every Quadlet file and drop-in, by relative path (a link's by the link's own); one that is not UTF-8 or too large is missing. */
  readonly texts: ReadonlyMap<string, string>;
};

/** A file that is to be written into a new folder: a text, or a copy of a file or folder that is there. */
export type NewFile = { readonly path: string; readonly secret: boolean } & ({ readonly text: string } | { readonly from: string });
