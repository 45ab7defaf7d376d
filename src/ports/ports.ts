import type { CloseLook } from "./closeLook.ts";
import type { Containers, Generator, Host, Images, Objects, Prober, Units } from "./machine.ts";
import type { Clock, Folders, Generations, History, Journal, Lane, Source } from "./store.ts";
import type { Volumes } from "./volumes.ts";

/** Everything the program may ask of the outside. `main` builds it from adapters. */
export type Ports = {
  readonly source: Source;
  readonly folders: Folders;
  readonly generator: Generator;
  readonly units: Units;
  readonly containers: Containers;
  readonly images: Images;
  readonly objects: Objects;
  readonly volumes: Volumes;
  readonly closeLook: CloseLook;
  readonly generations: Generations;
  readonly history: History;
  readonly prober: Prober;
  readonly lane: Lane;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly host: Host;
};

/** What `plan` is handed: it cannot write because the verbs are not there. */
export type ReadPorts = {
  readonly source: Source;
  readonly generator: Generator;
  readonly units: Pick<Units, "list" | "environment">;
  readonly containers: Pick<Containers, "list">;
  readonly images: Pick<Images, "find">;
  readonly objects: Pick<Objects, "networks" | "volumes" | "secrets">;
  readonly generations: Pick<Generations, "list" | "read" | "live" | "stateRoot">;
  readonly history: Pick<History, "read" | "stacks">;
  readonly clock: Pick<Clock, "now">;
  readonly host: Host;
};
