import type { Entry } from "./entry.ts";

const longestMessage = 16 * 1024;
const longestField = 32 * 1024;

/** One datagram of journald's native protocol: `KEY=value`, or for values of several lines the key, a 64-bit length and the bytes. */
export function encodeEntry({ priority, message, fields }: Entry, identifier: string): Buffer {
  const all = { ...fields, MESSAGE: cut(message, longestMessage), PRIORITY: String(priority), SYSLOG_IDENTIFIER: identifier };
  return Buffer.concat(Object.entries(all).map(([key, value]) => encodeField(key, cut(value, longestField))));
}

function encodeField(key: string, value: string): Buffer {
  // A name that journald does not take makes it drop the field without a word.
  const name = key
    .toUpperCase()
    .replaceAll(/[^A-Z0-9_]/g, "_")
    .replace(/^[_0-9]+/, "")
    .slice(0, 64);
  if (name === "") return Buffer.alloc(0);
  if (!value.includes("\n")) return Buffer.from(`${name}=${value}\n`);
  const bytes = Buffer.from(value);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(bytes.length));
  return Buffer.concat([Buffer.from(`${name}\n`), size, bytes, Buffer.from("\n")]);
}

/** A datagram of a megabyte is refused whole, so long values lose their end. */
export function cut(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1)}…`;
}
