/**
 * Three digests, three questions. A unit's: must it restart? A generation's: is this the one that failed? Its content's: is there
 * anything to do at all?
 */
import { createHash } from "node:crypto";
import type { GenerationUnit } from "../domain/generation.ts";
import type { Digest } from "../domain/words.ts";

export function sha256(text: string): Digest {
  return createHash("sha256").update(text).digest("hex");
}

/**
 * What a generation is quarantined by: effective documents (with the digests of their inputs in their paths), image IDs, policies. The
 * policies count since who corrects a wrong probe must not be told that the same thing failed before.
 */
export function generationDigest(units: readonly GenerationUnit[]): Digest {
  return sha256(JSON.stringify(units.map((unit) => [unit.file, unit.digest, unit.image?.id ?? "", stable(unit.policy)])));
}

/** Equal means that a deploy has nothing to do: texts, policies, images, inputs. */
export function contentDigest(units: readonly GenerationUnit[]): Digest {
  return sha256(
    JSON.stringify(units.map((unit) => [unit.file, unit.text, unit.image?.id ?? "", stable(unit.policy), unit.inputs.map(stable)])),
  );
}

/** JSON whose order of keys does not depend on who made the object. */
function stable(value: unknown): string {
  return JSON.stringify(value ?? null, (_key, inner: unknown) =>
    inner !== null && typeof inner === "object" && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
