/** Values with the line they stand on. */
import { lookupPairs, type Pair, type UnitDocument } from "../quadlet/document.ts";
import { readValue } from "../quadlet/escape.ts";
import { keyRow } from "../quadlet/keys.ts";
import { typeSection, type UnitType } from "../quadlet/names.ts";

export type Value = { readonly value: string; readonly pair: Pair };

/** The values of a key of the unit's own section as the generator understands them; broken ones were reported by validation. */
export function valuesOf(document: UnitDocument, type: UnitType, key: string): readonly Value[] {
  const pairs = lookupPairs(document, typeSection(type), key);
  const counted = keyRow(type, key)?.repeatable === true ? pairs : pairs.slice(-1);
  return counted.flatMap((pair) => {
    const read = readValue(type, key, [pair.value]);
    return "values" in read ? read.values.map((value) => ({ value, pair })) : [];
  });
}

/** The value of a key that counts once. */
export function lastValue(document: UnitDocument, type: UnitType, key: string): string | undefined {
  return valuesOf(document, type, key).at(-1)?.value;
}

/** What stands before the first colon: a network, a volume's source. */
export function head(value: string): string {
  const colon = value.indexOf(":");
  return colon < 0 ? value : value.slice(0, colon);
}

/** A setting that systemd takes as yes. */
export function isYes(value: string | undefined): boolean {
  return /^(?:1|yes|true|on)$/iu.test(value ?? "");
}
