/** What a unit says about other units, by file or by service name. */
import type { Issue } from "../domain/errors.ts";
import type { ServiceName, UnitFileName, UnitType } from "../domain/words.ts";
import { lookupPairs, type Pair, type UnitDocument } from "../quadlet/document.ts";
import { parseUnitFileName } from "../quadlet/names.ts";
import { nearest } from "../quadlet/nearest.ts";
import { head, type Value, valuesOf } from "./values.ts";

/** `uses`: what the unit runs with; `image`: what it is made of, gone from a generation; a `[Unit]` key by its name. */
export type Reference = { readonly kind: "uses" | "image" | DependencyKey; readonly target: string; readonly pair: Pair };

/** The `[Unit]` keys that name other units. */
export const dependencyKeys = [
  ...(["After", "Before", "Wants", "Requires", "Requisite", "BindsTo", "PartOf", "Upholds", "Conflicts"] as const),
  ...(["OnFailure", "OnSuccess", "PropagatesReloadTo", "ReloadPropagatedFrom", "PropagatesStopTo", "StopPropagatedFrom"] as const),
] as const;
export type DependencyKey = (typeof dependencyKeys)[number];

type Rule = {
  readonly key: string;
  readonly kind: "uses" | "image";
  readonly targets: readonly UnitType[];
  readonly read: (value: string) => string;
};

const rules: readonly Rule[] = [
  { key: "Network", kind: "uses", targets: ["network", "container"], read: head },
  { key: "Volume", kind: "uses", targets: ["volume"], read: head },
  { key: "Mount", kind: "uses", targets: ["volume"], read: mountSource },
  { key: "Pod", kind: "uses", targets: ["pod"], read: (value) => value },
  { key: "Image", kind: "image", targets: ["image", "build"], read: (value) => value },
  { key: "Mount", kind: "image", targets: ["image", "build"], read: mountSource },
];

/** All references of a unit; `[Unit]` ones only where they name a Quadlet file or a service. */
export function referencesOf(document: UnitDocument, type: UnitType): readonly Reference[] {
  const own = rules.flatMap(({ key, kind, targets, read }) =>
    valuesOf(document, type, key).flatMap(({ value, pair }: Value): readonly Reference[] => {
      const target = read(value);
      const unit = /^[./%]/u.test(target) ? undefined : parseUnitFileName(target);
      return unit !== undefined && targets.includes(unit.type) ? [{ kind, target, pair }] : [];
    }),
  );
  return [...own, ...dependencyKeys.flatMap((key) => dependencies(document, key))];
}

function dependencies(document: UnitDocument, key: DependencyKey): readonly Reference[] {
  return lookupPairs(document, "Unit", key).flatMap((pair) =>
    pair.value
      .split(/\s+/u)
      .filter((target) => target.endsWith(".service") || parseUnitFileName(target) !== undefined)
      .map((target): Reference => ({ kind: key, target, pair })),
  );
}

/** The source of `type=volume,source=data.volume,…`. */
export function mountSource(value: string): string {
  return /(?:^|,)(?:source|src)=([^,]*)/u.exec(value)?.[1] ?? "";
}

/** The service that a name in `[Unit]` means: Quadlet itself translates file names only since Podman 5.5. */
export function serviceOf(target: string): ServiceName {
  return parseUnitFileName(target)?.service ?? target;
}

/** What there is to refer to. */
export type Known = {
  readonly files: ReadonlySet<UnitFileName>;
  readonly services: ReadonlySet<ServiceName>;
  /** Files of this folder, which are the ones to suggest. */
  readonly own: readonly UnitFileName[];
};

export function knownNames(own: readonly UnitFileName[], others: readonly UnitFileName[]): Known {
  const files = [...own, ...others];
  return { files: new Set(files), services: new Set(files.map(serviceOf)), own };
}

/** References to what does not exist. Quadlet's own are errors; a service may also be the machine's, which the plan finds out. */
export function referenceIssues(references: readonly Reference[], known: Known): readonly Issue[] {
  return references.flatMap(({ kind, target, pair }): readonly Issue[] => {
    const place = { file: pair.file, line: pair.line };
    const isFile = parseUnitFileName(target) !== undefined;
    if (isFile && kind === "image" && pair.key === "Mount") {
      const message = `Cannot mount ${target}: Phoenix pins images, and cannot do so inside of Mount=.`;
      return [{ severity: "error", code: "unit-reference", message, place, remedy: "Write the image's name instead." }];
    }
    if (isFile ? known.files.has(target) : known.services.has(target)) return [];
    const near = nearestOf(target, isFile ? known.own : known.own.map(serviceOf));
    if (!isFile) {
      if (near === undefined) return [];
      const message = `${pair.key}= names ${target}, which no unit of this folder makes; did you mean ${near}?`;
      return [{ severity: "warning", code: "unit-reference", message, place }];
    }
    const message = `Cannot find ${target}, which ${pair.key}= names${near === undefined ? "." : `; did you mean ${near}?`}`;
    const makes = kind === "image" ? "Name a .build or .image file of this folder, or an image." : undefined;
    return [{ severity: "error", code: "unit-reference", message, place, ...(makes === undefined ? {} : { remedy: makes }) }];
  });
}

/** Names of the same kind are compared by what differs: `db.container` is not nearly `web.container`. */
function nearestOf(target: string, names: readonly string[]): string | undefined {
  const extension = target.slice(target.lastIndexOf("."));
  const stems = names.filter((name) => name.endsWith(extension)).map((name) => name.slice(0, -extension.length));
  const near = nearest(target.slice(0, -extension.length), stems);
  return near === undefined ? undefined : `${near}${extension}`;
}
