/** The Podman objects behind the units, and which of them a unit uses. */
import type { Issue } from "../domain/errors.ts";
import type { UnitFileName, UnitType } from "../domain/words.ts";
import { lookupPairs, type UnitDocument } from "../quadlet/document.ts";
import { defaultObjectName, nameKey, parseUnitFileName, typeSection } from "../quadlet/names.ts";
import { mountSource } from "./references.ts";
import { head, lastValue, valuesOf } from "./values.ts";

/** Unit file -> Podman object, this stack's and the other stacks'. */
export type Objects = ReadonlyMap<UnitFileName, string>;

/** The name of a unit's Podman object; the unit's own name where there is no such thing. */
export function objectOf(
  document: UnitDocument,
  unit: { readonly name: string; readonly type: UnitType; readonly service: string },
): string {
  const key = nameKey(unit.type);
  if (key === undefined) return unit.name;
  const stem = unit.service.replace(/\.service$/u, "");
  const known: Readonly<Record<string, string>> = { "%%": "%", "%N": stem, "%p": stem, "%n": unit.service };
  const written = lastValue(document, unit.type, key);
  return written === undefined ? defaultObjectName(unit.name) : written.replace(/%./gu, (one) => known[one] ?? one).replaceAll("$$", "$");
}

/** An object name that only systemd would know cannot be watched. */
export function objectIssues(document: UnitDocument, type: UnitType, object: string): readonly Issue[] {
  const key = nameKey(type);
  const pair = key === undefined ? undefined : lookupPairs(document, typeSection(type), key).at(-1);
  if (pair === undefined || /^[A-Za-z0-9][A-Za-z0-9_.-]*$/u.test(object)) return [];
  const message = `Cannot use ${pair.key}=${pair.value}: Podman names have only letters, digits and _ . - and start with a letter or digit.`;
  return [{ severity: "error", code: "unit-value", message, place: { file: pair.file, line: pair.line } }];
}

/** `Network=` values that are no network's name. */
const modes = /^(?:none|host|private|pasta|slirp4netns|container|ns|path)$/u;

/** The networks a unit joins, by Podman's names. */
export function networksOf(document: UnitDocument, type: UnitType, objects: Objects): readonly string[] {
  if (type === "build") return [];
  return valuesOf(document, type, "Network").flatMap(({ value }): readonly string[] => {
    const name = head(value);
    if (name === "" || modes.test(name) || parseUnitFileName(name)?.type === "container") return [];
    return [resolve(name, "network", objects) ?? (name === "bridge" ? "podman" : name)];
  });
}

/** The named volumes a unit mounts, by Podman's names. */
export function volumesOf(document: UnitDocument, type: UnitType, objects: Objects): readonly string[] {
  if (type !== "container" && type !== "pod") return [];
  const mounted = valuesOf(document, type, "Volume").map(({ value }) => (value.includes(":") ? head(value) : ""));
  const typed = valuesOf(document, type, "Mount")
    .filter(({ value }) => /(?:^|,)type=volume(?:,|$)/u.test(value))
    .map(({ value }) => mountSource(value));
  const names = [...mounted, ...typed].filter((name) => name !== "" && !/^[./%]/u.test(name));
  return [...new Set(names.map((name) => resolve(name, "volume", objects) ?? name))];
}

function resolve(name: string, type: UnitType, objects: Objects): string | undefined {
  const unit = parseUnitFileName(name);
  return unit?.type === type ? (objects.get(name) ?? defaultObjectName(unit.name)) : undefined;
}
