import type { Issue } from "../domain/errors.ts";
import { parseUnitFileName } from "./names.ts";

/** systemd's limit is 255 for the generated names too, which are longer than the file's. */
export const maxNameLength = 200;

type NameRule = { readonly isBroken: (name: string) => boolean; readonly because: string };

const rules: readonly NameRule[] = [
  { isBroken: (name) => name.includes("@"), because: "template units (a name with @) are not supported" },
  { isBroken: (name) => name.length > maxNameLength, because: `it is longer than ${maxNameLength} characters` },
  { isBroken: (name) => /^[-.]/u.test(name), because: "it starts with a dash or a dot" },
  { isBroken: (name) => !/^[A-Za-z0-9:_.-]+$/u.test(name), because: "only the characters A-Z a-z 0-9 : _ . - are safe in a unit name" },
  { isBroken: (name) => parseUnitFileName(name) === undefined, because: "it is not a name of a Quadlet file, such as web.container" },
];

/** Whether a Quadlet file's name (without its folder) can be a unit name everywhere it will appear. */
export function validateFileName(fileName: string): readonly Issue[] {
  const broken = rules.find((rule) => rule.isBroken(fileName));
  if (broken === undefined) return [];
  const message = `Cannot use ${JSON.stringify(fileName.slice(0, 80))} as a unit file name: ${broken.because}.`;
  return [{ severity: "error", code: "unit-value", message, place: { file: fileName }, remedy: "Rename the file." }];
}
