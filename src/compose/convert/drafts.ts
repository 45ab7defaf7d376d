/** What is being made: the whole of a project, and one service of it. */
import type { Place } from "../../domain/errors.ts";
import type { ComposeNode, MapNode } from "../node.ts";
import type { ComposeProject } from "../read.ts";
import type { Gate } from "./depends.ts";
import type { Notes } from "./notes.ts";
import type { UnitDraft } from "./unit.ts";

export type ConvertOptions = {
  /** Plain values that look secret become Podman secrets. */
  readonly secrets: boolean;
  readonly allowRisky: boolean;
  /** What is not carried is an error. */
  readonly strict: boolean;
  /** Where the units will lie, absolute; relative paths count from there. Without it, the project folder. */
  readonly unitFolder?: string;
};

export type MadeFile = { readonly path: string; readonly text: string; readonly mode: 0o600 | 0o644 };

export type SecretValue =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "environment"; readonly variable: string }
  | { readonly kind: "external" };
export type MadeSecret = { readonly name: string; readonly value: SecretValue; readonly place: Place };

type Member = { readonly value: ComposeNode; readonly place: Place };
type Members = ReadonlyMap<string, Member>;

export type ProjectDraft = {
  readonly project: ComposeProject;
  readonly options: ConvertOptions;
  readonly notes: Notes;
  readonly services: Members;
  readonly networks: Members;
  readonly volumes: Members;
  readonly secrets: Members;
  readonly configs: Members;
  /** What others wait for, by service. */
  readonly gates: ReadonlyMap<string, Gate>;
  /** Names by which other services link to a service. */
  readonly linkAliases: ReadonlyMap<string, readonly string[]>;
  readonly units: UnitDraft[];
  readonly files: Map<string, MadeFile>;
  readonly madeSecrets: Map<string, MadeSecret>;
  /** Names of volumes and networks that a service uses. */
  readonly used: { readonly volumes: Set<string>; readonly networks: Set<string> };
  /** Host folders that Compose would make where they are missing. */
  readonly folders: Map<string, Place>;
  /** Unit files that hold a value that looks secret. */
  readonly privateUnits: Set<string>;
};

export type ServiceDraft = {
  readonly all: ProjectDraft;
  readonly notes: Notes;
  readonly name: string;
  readonly node: MapNode;
  readonly place: Place;
  readonly unit: UnitDraft;
};

/** What is enough for a row that only writes lines. */
export type LinesDraft = Pick<ServiceDraft, "unit" | "notes">;
