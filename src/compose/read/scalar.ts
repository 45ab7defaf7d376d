/** What a plain (unquoted) word of a Compose file is: YAML 1.2, with the old octal numbers that file modes are written in. */
import type { ScalarNode } from "../node.ts";

type Value = ScalarNode["value"];

const words: ReadonlyMap<string, Value> = new Map<string, Value>([
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, null] as const),
  ...["true", "True", "TRUE"].map((word) => [word, true] as const),
  ...["false", "False", "FALSE"].map((word) => [word, false] as const),
  ...[".nan", ".NaN", ".NAN"].map((word) => [word, Number.NaN] as const),
  ...[".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"].map((word) => [word, Number.POSITIVE_INFINITY] as const),
  ...["-.inf", "-.Inf", "-.INF"].map((word) => [word, Number.NEGATIVE_INFINITY] as const),
]);

/** In this order: the first form that fits counts. `22:22`, `yes` and `on` fit none and stay strings. */
const numbers: readonly { readonly form: RegExp; readonly read: (digits: string) => number }[] = [
  { form: /^[-+]?0o?([0-7]+)$/u, read: (digits) => Number.parseInt(digits, 8) },
  { form: /^[-+]?0x([0-9a-fA-F]+)$/u, read: (digits) => Number.parseInt(digits, 16) },
  { form: /^[-+]?0b([01]+)$/u, read: (digits) => Number.parseInt(digits, 2) },
  { form: /^[-+]?((?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)$/u, read: Number },
];

export function plainValue(text: string): Value {
  const word = words.get(text);
  if (word !== undefined) return word;
  if (!/^[-+.0-9]/u.test(text)) return text;
  // Digits may be grouped with underscores, but for a leading one.
  const ungrouped = text.replace(/(?<=[0-9a-fA-F])_/gu, "");
  for (const { form, read } of numbers) {
    const digits = form.exec(ungrouped)?.[1];
    if (digits === undefined) continue;
    const size = read(digits);
    if (Number.isInteger(size) && !Number.isSafeInteger(size) && /^\d+$/u.test(digits)) return text;
    return text.startsWith("-") ? 0 - size : size;
  }
  return text;
}
