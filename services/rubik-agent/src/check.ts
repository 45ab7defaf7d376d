import { Refusal, shown } from "./refusal.ts";

/** Small questions to values from outside. Each returns the value in its type, or refuses with the field and what was found there. */

type Fields = Readonly<Record<string, unknown>>;

function refuse(field: string, expected: string, value: unknown): never {
  throw new Refusal(422, `${field} must be ${expected}, not ${shown(value)}.`, { field });
}

/** An object with no other fields than these. An unknown field is an error: a misspelt one would be ignored in silence. */
export function objectWith(field: string, value: unknown, known: readonly string[]): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return refuse(field, "an object", value);
  const unknown = Object.keys(value).find((key) => !known.includes(key));
  if (unknown === undefined) return value as Fields;
  const path = field === "body" ? unknown : `${field}.${unknown}`;
  const choice = known.length === 0 ? "there are none" : `the fields are ${known.join(", ")}`;
  throw new Refusal(422, `${shown(unknown)} is not a field of ${field}; ${choice}.`, { field: path.slice(0, 100) });
}

/** One of a few words. */
export function oneOf<T extends string>(field: string, value: unknown, words: readonly T[]): T {
  return words.find((word) => word === value) ?? refuse(field, `one of ${words.join(", ")}`, value);
}

export function integer(field: string, value: unknown, least: number, most: number): number {
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  return refuse(field, `an integer from ${least} to ${most}`, value);
}

export function boolean(field: string, value: unknown): boolean {
  return typeof value === "boolean" ? value : refuse(field, "true or false", value);
}

const uuidForm = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export function uuid(field: string, value: unknown): string {
  if (typeof value === "string" && uuidForm.test(value.toLowerCase())) return value.toLowerCase();
  return refuse(field, "a UUID", value);
}

/** Whole series by their number; twice the same is a mistake somewhere. */
export function seriesList(field: string, value: unknown): readonly number[] {
  if (!Array.isArray(value) || value.length === 0 || value.length > 1_000) return refuse(field, "a list of 1 to 1000 series", value);
  const ids = value.map((id, index) => integer(`${field}[${index}]`, id, 1, 2_147_483_647));
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) throw new Refusal(422, `${field} names the series ${twice} twice.`, { field });
  return ids;
}
