import type { Issue } from "../domain/errors.ts";
import type { GenerationUnit } from "../domain/generation.ts";

/** Unit names that another stack, a foreign Quadlet file, the person's own units or a vendor unit already has: one would hide the other. */
export function checkNames(
  units: readonly GenerationUnit[],
  foreign: readonly { readonly name: string; readonly path: string }[],
): readonly Issue[] {
  return units.flatMap((unit): readonly Issue[] => {
    const owner = foreign.find((other) => other.name === unit.service);
    if (owner === undefined) return [];
    return [
      {
        severity: "error",
        code: "name-taken",
        message: `Cannot use the name ${unit.service}: ${owner.path} has it.`,
        place: { file: unit.file },
      },
    ];
  });
}
