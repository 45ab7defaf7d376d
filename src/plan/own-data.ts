import type { Observed } from "./observed.ts";

/** What only `teardown --volumes` removes. */
export type OwnData = { readonly volumes: readonly string[]; readonly secrets: readonly string[] };

export const noData: OwnData = { volumes: [], secrets: [] };

/**
 * The data that exists of a stack: volumes of every kept generation, and the secrets that GenerateSecret= made. Read off the machine and
 * not off the plan: a teardown that was cut off, or done without --volumes before, has left nothing else to plan.
 */
export function ownData({ known, volumes, secrets }: Pick<Observed, "known" | "volumes" | "secrets">): OwnData {
  const units = [...known.values()];
  const volumesKnown = new Set(units.flatMap((unit) => (unit.type === "volume" ? [unit.object] : [])));
  const secretsKnown = new Set(units.flatMap((unit) => unit.policy?.generateSecrets ?? []));
  return {
    volumes: volumes.map((volume) => volume.name).filter((name) => volumesKnown.has(name)),
    secrets: secrets.filter((name) => secretsKnown.has(name)),
  };
}
