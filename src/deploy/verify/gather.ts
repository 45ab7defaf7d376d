import type { Facts, KeptFact } from "../../check/verify/facts.ts";
import { PhoenixError } from "../../domain/errors.ts";
import { type Generation, type GenerationUnit, runnableUnits } from "../../domain/generation.ts";
import type { UnitFileDrift } from "../../domain/observed.ts";
import type { StackName } from "../../domain/words.ts";
import { keptGenerations } from "../../plan/keep.ts";
import type { Observed } from "../../plan/observed.ts";
import { observe } from "../observe.ts";
import { preflight } from "../preflight.ts";
import { namesOf, reachesOf } from "./networks.ts";
import { probesOf, publishedOf } from "./questions.ts";
import type { VerifyPorts } from "./verify.ts";

/** Asks everything that the checks need. A part that cannot be asked is told as such, and hides no other part. */
export async function gatherFacts(stack: StackName, ports: VerifyPorts): Promise<Facts> {
  // Without this nothing is known about the stack at all: it may throw.
  const observed = await observe(stack, [], ports);
  const { current } = observed;
  const up = runningUnits(observed);
  const containers = part(() =>
    ports.closeLook.containers(current.units.filter((unit) => unit.type === "container").map((unit) => unit.object)),
  );
  const [details, drift, proof, boot, probes, published, volumes, kept, imageTags, controllers] = await Promise.all([
    containers,
    part(async () => driftOf(current.number === 0 ? current : await ports.generations.read(stack, current.number))),
    part(() => preflight(current, observed, ports)),
    part(() => ports.generator.atBoot()),
    part(() => probesOf(up, ports)),
    part(() => publishedOf(up, ports)),
    part(() => ports.closeLook.volumes()),
    part(() => keptOf(stack, observed, ports)),
    part(async () => new Map((await ports.images.kept(stack)).map(({ tag, id }) => [tag, id] as const))),
    part(() => ports.closeLook.controllers()),
  ]);
  const inside = { up, observed, containers: "known" in details ? details.known : [] };
  const [names, reaches] = await Promise.all([
    "known" in details ? part(() => namesOf(inside, ports)) : details,
    "known" in details ? part(() => reachesOf(inside, ports)) : details,
  ]);
  return {
    observed: { known: observed },
    preflight: proof,
    containers: details,
    ...{ drift, boot, probes, published, volumes, kept, imageTags, controllers, names, reaches },
  };
}

/** Services that systemd calls active: whatever else is asked of the others would only repeat that they are down. */
function runningUnits({ current, units }: Observed): readonly GenerationUnit[] {
  return runnableUnits(current).filter((unit) => units.get(unit.service)?.activeState === "active");
}

async function part<T>(ask: () => Promise<T>): Promise<{ readonly known: T } | { readonly unknown: string }> {
  try {
    return { known: await ask() };
  } catch (error) {
    if (error instanceof PhoenixError) return { unknown: error.message.replace(/\.$/u, "") };
    throw error;
  }
}

function driftOf(generation: Generation & { readonly drift?: readonly UnitFileDrift[] }): readonly UnitFileDrift[] {
  return generation.drift ?? [];
}

async function keptOf(stack: StackName, { ledger }: Observed, ports: Pick<VerifyPorts, "generations">): Promise<readonly KeptFact[]> {
  const keep = keptGenerations(ledger, await ports.generations.list(stack));
  return await Promise.all(
    [...keep].map(async (number): Promise<KeptFact> => {
      const read = await part(() => ports.generations.read(stack, number));
      return {
        number,
        generation: "known" in read ? read.known : read,
        isFailed: ledger.failed.includes(number) && !ledger.good.includes(number),
      };
    }),
  );
}
