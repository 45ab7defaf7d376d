import type { Issue } from "../domain/errors.ts";
import type { UnitDocument } from "./document.ts";
import type { UnitType } from "./names.ts";

export type ValidateOptions = {
  readonly type: UnitType /** As `podman --version` has it; undefined checks no versions. */;
  readonly podmanVersion?: string | undefined;
};

/** Everything that is wrong with a unit document, in the order of the file. */
export function validateDocument(_document: UnitDocument, _options: ValidateOptions): readonly Issue[] {
  return [];
}
