import type { Issue } from "../domain/errors.ts";
import type { Generation, PinnedImage } from "../domain/generation.ts";
import type { ImageFact } from "../domain/observed.ts";
import type { Digest, UnitFileName } from "../domain/words.ts";
import type { Change } from "../plan/change.ts";
import { diffGenerations, isNothing } from "../plan/diff.ts";
import type { Observed } from "../plan/observed.ts";
import type { ReadPorts } from "../ports/ports.ts";
import type { Stack } from "../stack/stack.ts";
import { basesOf, findUnit, lookAtBuild } from "./builds.ts";
import { type Candidate, makeCandidate } from "./candidate.ts";
import { pin, type ResolvedImages } from "./images.ts";
import { observe } from "./observe.ts";
import { preflight } from "./preflight.ts";
import { missingSecrets } from "./secrets.ts";
import type { SourceRequest } from "./source.ts";

export type PlanResult = {
  readonly candidate: Candidate;
  readonly observed: Observed;
  readonly changes: readonly Change[];
  readonly issues: readonly Issue[];
  /** Unit files whose image only a build or a pull can tell. */
  readonly unknownImages: ReadonlyMap<UnitFileName, "build" | "pull">;
  /** Podman secrets that a deploy makes first. */
  readonly secrets: readonly string[];
  readonly quarantined: string | undefined;
  readonly nothing: boolean;
};

/** What a deploy would do. It is handed ports without a writing verb, so it cannot change anything. */
export async function planStack(source: SourceRequest, ports: ReadPorts): Promise<PlanResult> {
  const unknownImages = new Map<UnitFileName, "build" | "pull">();
  const candidate = await makeCandidate(
    { ...source, images: ({ stack, current }) => lookUpImages(stack, current, unknownImages, ports) },
    ports,
  );
  const observed = await observe(candidate.stack.name, candidate.generation.units, ports);
  const changes = diffGenerations(candidate.generation, observed);
  const { issues } = await preflight(candidate.generation, observed, ports);
  const secrets = await missingSecrets(candidate.source.secrets, ports);
  return {
    candidate,
    observed,
    changes,
    issues: [...candidate.warnings, ...issues, ...secrets.issues],
    secrets: secrets.missing.map(({ name }) => name),
    unknownImages,
    quarantined: observed.ledger.quarantined.get(candidate.generation.digest),
    nothing: isNothing(changes) && observed.live === observed.ledger.current && observed.ledger.pending === undefined,
  };
}

/** The ID that stands for an image nobody has yet. */
export const unknownImageId = "0".repeat(64);

async function lookUpImages(
  stack: Stack,
  current: Generation,
  unknown: Map<UnitFileName, "build" | "pull">,
  ports: ReadPorts,
): Promise<ResolvedImages> {
  const pinned = new Map<UnitFileName, PinnedImage>();
  const facts = new Map<UnitFileName, ImageFact>();
  const asked = new Map<string, Promise<Looked>>();
  // Podman takes a tenth of a second for every answer: 200 units of one image took half a minute.
  const once = (key: string, look: () => Promise<Looked>): Promise<Looked> => {
    const answer = asked.get(key) ?? look();
    asked.set(key, answer);
    return answer;
  };
  const lookBuild = (file: UnitFileName): Promise<Looked> =>
    once(`build ${file}`, async () => {
      const unit = findUnit(stack, file);
      const bases = await Promise.all(basesOf(stack, unit).map((base) => lookBuild(base.file)));
      const known = bases.flatMap((base) => base.fact ?? []);
      // On a base that is not built yet it will be built, too.
      if (known.length < bases.length) return {};
      const { digest, image } = await lookAtBuild(unit, known, { stack, current }, ports);
      return { buildDigest: digest, ...(image === undefined ? {} : { fact: image }) };
    });
  const lookReference = (name: string): Promise<Looked> =>
    once(`reference ${name}`, async () => {
      const fact = await ports.images.find(name);
      return fact === undefined ? {} : { fact };
    });
  for (const unit of stack.units) {
    const need = unit.image;
    if (need === undefined) continue;
    const { fact, ...rest } = need.kind === "build" ? await lookBuild(need.file) : await lookReference(need.reference);
    if (fact === undefined) unknown.set(unit.file, need.kind === "build" ? "build" : "pull");
    const image = fact ?? { id: unknownImageId, tags: [], repoDigests: [], hasHealthcheck: false, sizeBytes: 0 };
    facts.set(unit.file, image);
    pinned.set(unit.file, pin(stack, unit, need, { fact: image, ...rest }));
  }
  return { pinned, facts, builds: [] };
}

/** Without `fact` only a build or a pull can tell. */
type Looked = { readonly fact?: ImageFact; readonly buildDigest?: Digest };
