import type { Policy, ProbeRoute, PublishedPort } from "./policy.ts";
import type { Digest, GenerationNumber, ServiceName, StackName, UnitFileName, UnitType } from "./words.ts";

/** An image as a generation pins it. */
export type PinnedImage = {
  /** What the source wrote, e.g. `docker.io/library/nginx:1.27` or `web.build`. */
  readonly reference: string;
  /** Full image ID, 64 hex digits. */
  readonly id: string;
  /** Repository digest where one is known. */
  readonly repoDigest?: string;
  /** For built images: digest over the build unit and its context. The same digest is not built again. */
  readonly buildDigest?: Digest;
  /** The tag the rendered unit names: `localhost/phoenix/<stack>/<unit>:<id12>`. */
  readonly tag: string;
};

/** A file or folder that a unit reads, copied into `files/<digest>/`. */
export type PinnedInput = {
  /** Relative to the source folder. */
  readonly source: string;
  readonly digest: Digest;
  /** Absolute path that the rendered unit names. */
  readonly path: string;
  readonly kind: "file" | "folder";
  /** Environment files are kept with mode 0600. */
  readonly secret: boolean;
};

/** One unit of a generation: everything that plan, deploy, heal and rollback need, without the source. */
export type GenerationUnit = {
  readonly file: UnitFileName;
  readonly type: UnitType;
  readonly service: ServiceName;
  /** Name of the Podman object: container, pod, network or volume name. */
  readonly object: string;
  /** Rendered text, byte for byte what stands in `units/`. */
  readonly text: string;
  /** sha256 of the effective document, without what the policy adds and the labels. It restarts if and only if this changes. Also the label `io.phoenix.digest`. */
  readonly digest: Digest;
  readonly image?: PinnedImage;
  readonly inputs: readonly PinnedInput[];
  /** Only for container, pod and kube units. */
  readonly policy?: Policy;
  /** How a network probe without a host reaches it; `routeFor` (stack/route.ts) gives the route of a given probe. */
  readonly route?: ProbeRoute;
  readonly ports: readonly PublishedPort[];
  /** Services of this stack that must start before this one. */
  readonly after: readonly ServiceName[];
  /** Subset of `after` whose loss stops this one (`Requires=`, `BindsTo=`; networks, volumes, pods). */
  readonly requires: readonly ServiceName[];
  /** Networks (object names) this unit joins. */
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
};

/** An image that was built for a generation, and from what. */
export type BuiltImage = { readonly file: UnitFileName; readonly digest: Digest; readonly id: string };

/** The manifest of one immutable generation. */
export type Generation = {
  readonly schema: 1;
  readonly stack: StackName;
  readonly number: GenerationNumber;
  /** Absolute path of the folder it came from. */
  readonly source: string;
  /** Digest over effective documents, inputs, image IDs and policies: the name under which a failed one is quarantined. */
  readonly digest: Digest;
  /** sha256 over all rendered texts and policies: equal means that a deploy has nothing to do. */
  readonly contentDigest: Digest;
  readonly generatorVersion: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly units: readonly GenerationUnit[];
  /** Says nothing about what runs: the next deploy reads here what it need not build again. */
  readonly builds?: readonly BuiltImage[];
};

/** The label every object rendered by Phoenix carries; its value is the unit's digest. */
export const digestLabel = "io.phoenix.digest";
export const stackLabel = "io.phoenix.stack";

export function emptyGeneration(stack: StackName): Generation {
  return { schema: 1, stack, number: 0, source: "", digest: "", contentDigest: "", generatorVersion: "", createdAt: 0, units: [] };
}

/** The units that a person calls services: the ones with a process. */
export function runnableUnits(generation: Generation): readonly GenerationUnit[] {
  return generation.units.filter((unit) => unit.type === "container" || unit.type === "pod" || unit.type === "kube");
}
