/** The nouns of this room: a stack as it was written, every unit parsed, its drop-ins folded in and its policy complete. */
import type { Place } from "../domain/errors.ts";
import type { Policy, ProbeRoute, PublishedPort } from "../domain/policy.ts";
import type { ServiceName, StackName, UnitFileName, UnitType } from "../domain/words.ts";
import type { UnitDocument } from "../quadlet/document.ts";
import type { PathFates } from "./inputs.ts";

/** Where a unit's image comes from. */
export type ImageNeed =
  /** Pulled (or found) under this name. */
  | { readonly kind: "reference"; readonly reference: string }
  /** Built by this `.build` file of the stack; `reference` is its first `ImageTag=`. */
  | { readonly kind: "build"; readonly file: UnitFileName; readonly reference: string }
  /** Pulled by this `.image` file of the stack; `reference` is its `Image=`. */
  | { readonly kind: "image"; readonly file: UnitFileName; readonly reference: string };

/** A file or folder inside the stack folder that units only read: copied into the generation and rolled back with it. */
export type StackInput = {
  /** Relative to the stack folder, without `./`: the key of `inputDigests`. */
  readonly source: string;
  readonly kind: "file" | "folder";
  /** Environment files: kept with mode 0600. */
  readonly secret: boolean;
  readonly sizeBytes: number;
  /** Where it is first named. */
  readonly place: Place;
};

/** One unit of a stack. */
export type StackUnit = {
  readonly file: UnitFileName;
  /** The file name without its extension. */
  readonly name: string;
  readonly type: UnitType;
  readonly service: ServiceName;
  /** Name of the Podman object; the unit's name for kube, image and build files. */
  readonly object: string;
  /** As written, drop-ins folded in, names in `[Unit]` dependencies translated to services. */
  readonly document: UnitDocument;
  /** Only for container, pod and kube units. */
  readonly policy?: Policy;
  /** The image's own HEALTHCHECK, known after its image is (`withImageHealthcheck`). */
  readonly imageHealthcheck?: boolean;
  /** For containers and image volumes. */
  readonly image?: ImageNeed;
  /** What becomes of the paths that it names. */
  readonly paths: PathFates;
  readonly ports: readonly PublishedPort[];
  /** Networks and volumes of the unit by Podman's names. */
  readonly networks: readonly string[];
  readonly volumes: readonly string[];
  /** Services of this stack that start before this one, and the part of them whose loss stops it. */
  readonly after: readonly ServiceName[];
  readonly requires: readonly ServiceName[];
  /** The part of `after` that the source leaves open. */
  readonly impliedAfter: readonly ServiceName[];
  /** How a network probe without a host reaches it; only for units with a policy. */
  readonly route?: ProbeRoute;
};

export type Stack = {
  readonly name: StackName;
  /** Absolute path of the folder. */
  readonly root: string;
  readonly podmanVersion: string | undefined;
  /** By file name. */
  readonly units: readonly StackUnit[];
  /** By source path. */
  readonly inputs: readonly StackInput[];
};

/** Units that keep running something: what a person calls a service. */
export function isRunnable(type: UnitType): boolean {
  return type === "container" || type === "pod" || type === "kube";
}

/** `.build` and `.image` files make images; they are not part of a generation. */
export function isImageMaker(type: UnitType): boolean {
  return type === "build" || type === "image";
}
