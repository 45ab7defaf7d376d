import { appendEntry, lookupAll, type UnitDocument, withoutKey, withValues } from "../quadlet/document.ts";
import { dependencyKeys, type Reference, serviceOf } from "./references.ts";

/** `[Unit]` dependencies in systemd's words: services instead of Quadlet files, and never Upholds=. */
export function withServiceNames(document: UnitDocument, references: readonly Reference[]): UnitDocument {
  const translated = dependencyKeys.reduce((changed, key) => {
    const values = lookupAll(changed, "Unit", key);
    const written = values.map((value) => value.split(/\s+/u).map(serviceOf).join(" "));
    return written.every((value, index) => value === values[index]) ? changed : withValues(changed, "Unit", key, written);
  }, document);
  const upheld = references.filter(({ kind }) => kind === "Upholds").map(({ target }) => serviceOf(target));
  return upheld.reduce((changed, service) => appendEntry(changed, "Unit", "Wants", service), withoutKey(translated, "Unit", "Upholds"));
}
