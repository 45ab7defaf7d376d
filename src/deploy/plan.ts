import type { Issue } from "../domain/errors.ts";
import type { PinnedImage } from "../domain/generation.ts";
import type { ImageFact } from "../domain/observed.ts";
import type { StackName, UnitFileName } from "../domain/words.ts";
import type { Change } from "../plan/change.ts";
import { diffGenerations, isNothing } from "../plan/diff.ts";
import type { Observed } from "../plan/observed.ts";
import type { ReadPorts } from "../ports/ports.ts";
import type { Stack } from "../stack/stack.ts";
import { type Candidate, makeCandidate } from "./candidate.ts";
import { buildDigest, findUnit, knownBuild, pin, type ResolvedImages } from "./images.ts";
import { observe } from "./observe.ts";
import { preflight } from "./preflight.ts";

export type PlanResult = {
  readonly candidate: Candidate;
  readonly observed: Observed;
  readonly changes: readonly Change[];
  readonly issues: readonly Issue[];
  /** Unit files whose image only a build or a pull can tell. */
  readonly unknownImages: ReadonlyMap<UnitFileName, "build" | "pull">;
  readonly quarantined: string | undefined;
  readonly nothing: boolean;
};

/** What a deploy would do. It is handed ports without a writing verb, so it cannot change anything. */
export async function planStack(path: string, name: StackName | undefined, ports: ReadPorts): Promise<PlanResult> {
  const unknownImages = new Map<UnitFileName, "build" | "pull">();
  const candidate = await makeCandidate(
    { path, name, images: (stack, current) => lookUpImages(stack, current.units, unknownImages, ports) },
    ports,
  );
  const observed = await observe(candidate.stack.name, candidate.generation.units, ports);
  const changes = diffGenerations(candidate.generation, observed);
  const { issues } = await preflight(candidate.generation, observed, ports);
  return {
    candidate,
    observed,
    changes,
    issues: [...candidate.warnings, ...issues],
    unknownImages,
    quarantined: observed.ledger.quarantined.get(candidate.generation.digest),
    nothing: isNothing(changes) && observed.live === observed.ledger.current && observed.ledger.pending === undefined,
  };
}

/** The ID that stands for an image nobody has yet. */
export const unknownImageId = "0".repeat(64);

async function lookUpImages(
  stack: Stack,
  current: readonly { readonly image?: PinnedImage }[],
  unknown: Map<UnitFileName, "build" | "pull">,
  ports: ReadPorts,
): Promise<ResolvedImages> {
  const pinned = new Map<UnitFileName, PinnedImage>();
  const facts = new Map<UnitFileName, ImageFact>();
  const asked = new Map<string, Promise<ImageFact | undefined>>();
  // Podman takes a tenth of a second for every answer: 200 units of one image took half a minute.
  const find = (name: string): Promise<ImageFact | undefined> => {
    const answer = asked.get(name) ?? ports.images.find(name);
    asked.set(name, answer);
    return answer;
  };
  for (const unit of stack.units) {
    const need = unit.image;
    if (need === undefined) continue;
    const digest = need.kind === "build" ? await buildDigest(stack, findUnit(stack, need.file), ports) : undefined;
    const known = digest === undefined || need.kind !== "build" ? undefined : knownBuild(current, need.file, digest);
    const fact = need.kind === "build" ? (known === undefined ? undefined : await find(known.tag)) : await find(need.reference);
    if (fact === undefined) unknown.set(unit.file, need.kind === "build" ? "build" : "pull");
    const image = fact ?? { id: unknownImageId, tags: [], repoDigests: [], hasHealthcheck: false, sizeBytes: 0 };
    facts.set(unit.file, image);
    pinned.set(unit.file, pin(stack, unit, need, { fact: image, ...(digest === undefined ? {} : { buildDigest: digest }) }));
  }
  return { pinned, facts };
}
