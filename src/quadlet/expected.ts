import type { UnitDocument } from "./document.ts";
import type { UnitType } from "./names.ts";

/** What a unit refers to outside itself. */
export type References = {
  /** Podman object of another unit file: `phoenix-net.network` -> `systemd-phoenix-net`. */
  readonly objects?: ReadonlyMap<string, string>;
  /** The folder the generator reads the file from, for relative paths. */
  readonly folder?: string;
};

/** The intended arguments that the generated service lacks, each as a person would write it. */
export function missingArguments(
  _document: UnitDocument,
  _type: UnitType,
  _generatedServiceText: string,
  _references: References = {},
): readonly string[] {
  return [];
}
