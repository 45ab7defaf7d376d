/** How the key table is written: a row for every key of the Compose Specification. */
import type * as z from "zod";
import type { ComposeNode } from "../node.ts";

/** `carried`: it means the same afterwards. `changed`: nearly. `not-carried`: it is left out, and told. */
export type Verdict = "carried" | "changed" | "not-carried";

/** What to do with a value. `path` is the key as a person names it: `services.web.ports`. */
export type Convert<Target> = (value: ComposeNode, target: Target, path: string) => void;

export type KeyRow<Target> = {
  readonly verdict: Verdict;
  /** What it becomes; for `changed` also how it differs, for `not-carried` why. These are the words of the report and of the reference. */
  readonly what: string;
  /** What a person can do about it. */
  readonly remedy?: string;
  /** What the value must look like, where that is not said by the rows below it. */
  readonly shape?: z.ZodType;
  readonly convert?: Convert<Target>;
  /** The keys of the value, where it is a map. */
  readonly keys?: KeyTable<Target>;
  /** The keys of each item that is a map, where the value is a list. */
  readonly items?: KeyTable<Target>;
  /** The keys of each value, where the value is a map of names. */
  readonly each?: KeyTable<Target>;
};

export type KeyTable<Target> = Readonly<Record<string, KeyRow<Target>>>;

type Below<Target> = Pick<KeyRow<Target>, "keys" | "items" | "each">;

export function carried<Target>(what: string, shape?: z.ZodType, convert?: Convert<Target>, below: Below<Target> = {}): KeyRow<Target> {
  return { verdict: "carried", what, ...(shape && { shape }), ...(convert && { convert }), ...below };
}

export function changed<Target>(
  what: string,
  remedy: string,
  shape?: z.ZodType,
  convert?: Convert<Target>,
  below: Below<Target> = {},
): KeyRow<Target> {
  return { verdict: "changed", what, remedy, ...(shape && { shape }), ...(convert && { convert }), ...below };
}

export function dropped<Target>(what: string, remedy: string): KeyRow<Target> {
  return { verdict: "not-carried", what, remedy };
}
