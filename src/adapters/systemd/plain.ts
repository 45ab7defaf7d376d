import { Variant } from "dbus-next";

/** D-Bus values as plain ones: variants unwrapped, 64-bit numbers as numbers (a BigInt makes JSON.stringify throw). */
export function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Variant) return plain(value.value);
  if (Array.isArray(value)) return value.map(plain);
  if (Buffer.isBuffer(value) || typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]));
}
