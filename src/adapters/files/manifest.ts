import { createHash } from "node:crypto";
import * as z from "zod";
import { PhoenixError } from "../../domain/errors.ts";
import type { Generation } from "../../domain/generation.ts";
import type { GenerationNumber, StackName } from "../../domain/words.ts";

const envelope = z.object({ sha256: z.string(), generation: z.looseObject({ schema: z.number(), stack: z.string(), number: z.number() }) });

/** The manifest's text: the generation, and the digest of it that tells a torn or edited one. */
export function encodeManifest(generation: Generation): string {
  return `${JSON.stringify({ sha256: digestOf(generation), generation }, null, 2)}\n`;
}

/** Reads a manifest that power cuts, disks and people had access to. */
export function decodeManifest(text: string, stack: StackName, number: GenerationNumber, path: string): Generation {
  const damaged = (because: string): PhoenixError =>
    new PhoenixError("generation-damaged", `Cannot use generation ${number} of ${stack}: ${path} ${because}.`);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw damaged("is not complete");
  }
  const parsed = envelope.safeParse(json);
  if (!parsed.success) throw damaged("is not a manifest");
  const { sha256, generation } = parsed.data;
  if (generation.schema !== 1) throw damaged(`has schema ${generation.schema}, which a newer Phoenix wrote`);
  if (sha256 !== digestOf((json as { readonly generation: unknown }).generation)) throw damaged("does not match its own digest");
  if (generation.stack !== stack || generation.number !== number) throw damaged("belongs to another generation");
  // Its digest says that we wrote it: what we wrote is a Generation.
  return (json as { readonly generation: Generation }).generation;
}

/** JSON keeps the order of keys, so the text is the same after reading it back. */
function digestOf(generation: unknown): string {
  return createHash("sha256").update(JSON.stringify(generation)).digest("hex");
}
