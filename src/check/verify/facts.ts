import type { Issue } from "../../domain/errors.ts";
import type { Generation, GenerationUnit } from "../../domain/generation.ts";
import type { BootFacts, ContainerDetail, ReachOutcome, UnitFileDrift, VolumeDetail } from "../../domain/observed.ts";
import type { ProbeResult, PublishedPort } from "../../domain/policy.ts";
import type { GenerationNumber, ServiceName } from "../../domain/words.ts";
import type { Observed } from "../../plan/observed.ts";

/** Everything that verify looks at, each part gathered by itself. */
export type Known = {
  readonly observed: Observed;
  /** Unit files of the current generation that are not as it says. */
  readonly drift: readonly UnitFileDrift[];
  /** What would be said if the running generation were deployed today, and what the generator makes of it now. */
  readonly preflight: { readonly issues: readonly Issue[]; readonly generated: ReadonlyMap<ServiceName, string> };
  readonly boot: BootFacts;
  readonly probes: readonly ProbeFact[];
  readonly published: readonly PortFact[];
  readonly names: readonly NameFact[];
  readonly reaches: readonly ReachFact[];
  readonly containers: readonly ContainerDetail[];
  readonly volumes: readonly VolumeDetail[];
  readonly kept: readonly KeptFact[];
  /** Pinned tags that exist, with the image's ID. */
  readonly imageTags: ReadonlyMap<string, string>;
  /** Undefined = this machine does not say. */
  readonly controllers: readonly string[] | undefined;
};

/** What could not be asked, and why. */
export type Unknown = { readonly unknown: string };
export type Facts = { readonly [K in keyof Known]: { readonly known: Known[K] } | Unknown };

/** A probe of a running service. */
export type ProbeFact = { readonly unit: GenerationUnit; readonly shown: string; readonly result: ProbeResult };
/** A published port of a running service; undefined = no way to ask (UDP). */
export type PortFact = { readonly unit: GenerationUnit; readonly port: PublishedPort; readonly result: ProbeResult | undefined };
/** What the DNS of a network says about a name by which others reach a running service. */
export type NameFact = {
  readonly unit: GenerationUnit;
  readonly network: string;
  readonly name: string;
  readonly answer: { readonly addresses: readonly string[] } | Unknown;
  /** Where the name may lead; undefined = not known. */
  readonly owned: readonly string[] | undefined;
};
/** A try, from inside a container, that must not succeed. */
export type ReachFact = {
  readonly unit: GenerationUnit;
  readonly to:
    | { readonly kind: "outside"; readonly address: string }
    | { readonly kind: "member"; readonly network: string; readonly service: ServiceName; readonly address: string; readonly port: number };
  readonly outcome: ReachOutcome | Unknown;
};
export type KeptFact = { readonly number: GenerationNumber; readonly generation: Generation | Unknown; readonly isFailed: boolean };
