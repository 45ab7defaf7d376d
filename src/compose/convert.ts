/** A project that was read -> Quadlet documents, what they need beside them, and a report of all that is not carried one to one. */
import type { Issue, Place } from "../domain/errors.ts";
import type { UnitDocument } from "../quadlet/document.ts";
import { gatesOf, linkAliasesOf } from "./convert/depends.ts";
import type { ConvertOptions, MadeFile, MadeSecret, ProjectDraft } from "./convert/drafts.ts";
import { configKeys, networkKeys, projectKeys, secretKeys, volumeKeys } from "./convert/keys-project.ts";
import { type ReportLine, refuse, tell } from "./convert/notes.ts";
import { objectDraft } from "./convert/objects.ts";
import { isExternalNode } from "./convert/put-mounts.ts";
import { putService } from "./convert/service.ts";
import { fileOf, toDocument } from "./convert/unit.ts";
import { emptyMap, memberOf, membersOf } from "./convert/values.ts";
import { walkKeys } from "./convert/walk.ts";
import type { ComposeNode } from "./node.ts";
import type { ComposeProject } from "./read.ts";

export type { ConvertOptions, MadeFile, MadeSecret, SecretValue } from "./convert/drafts.ts";
export type { ReportLine } from "./convert/notes.ts";

export type Conversion = {
  /** One a Quadlet file. Each entry's file and line are those of the Compose file it came from. */
  readonly units: readonly UnitDocument[];
  /** Files beside the units; paths relative to their folder, below `files/`. */
  readonly files: readonly MadeFile[];
  /** Podman secrets that must exist before the first start. */
  readonly secrets: readonly MadeSecret[];
  /** Absolute paths of folders that Compose would make where they are missing. */
  readonly folders: readonly { readonly path: string; readonly place: Place }[];
  /** Unit files that hold a value that looks secret: nobody else may read them. */
  readonly privateUnits: ReadonlySet<string>;
  readonly report: readonly ReportLine[];
  readonly issues: readonly Issue[];
};

export function convertCompose(project: ComposeProject, options: ConvertOptions): Conversion {
  const all = projectDraft(project, options);
  walkKeys(project.root, projectKeys, undefined, "", all.notes);
  for (const [name, { value, place }] of all.services) {
    const path = `services.${name}`;
    if (!isName(name)) refuse(all.notes, path, place, "a name has only letters, digits and _ . -");
    else if (value.kind !== "map") refuse(all.notes, path, place, "it takes a map");
    else putService(all, name, value, place);
  }
  putObjects(all);
  for (const [name, { value }] of all.secrets) walkKeys(value, secretKeys, undefined, `secrets.${name}`, all.notes);
  for (const [name, { value }] of all.configs) walkKeys(value, configKeys, undefined, `configs.${name}`, all.notes);
  refuseDuplicates(all);
  return {
    units: all.units.map(toDocument),
    files: [...all.files.values()],
    secrets: [...all.madeSecrets.values()],
    folders: [...all.folders].map(([path, place]) => ({ path, place })),
    privateUnits: all.privateUnits,
    report: inOrder(all, all.notes.report),
    issues: inOrder(all, all.notes.issues),
  };
}

/** As a person reads the files: one after the other, from top to bottom. */
function inOrder<Found extends { readonly place?: Place }>(all: ProjectDraft, found: readonly Found[]): readonly Found[] {
  const files = [...new Set([all.project.root.place.file, ...found.map(({ place }) => place?.file ?? "")])];
  const rank = ({ place }: Found): number => files.indexOf(place?.file ?? "");
  return found.toSorted((a, b) => rank(a) - rank(b) || (a.place?.line ?? 0) - (b.place?.line ?? 0));
}

function projectDraft(project: ComposeProject, options: ConvertOptions): ProjectDraft {
  const members = (key: string): ProjectDraft["services"] => membersOf(memberOf(project.root, key));
  const services = members("services");
  return {
    project,
    options,
    notes: { issues: [], report: [], strict: options.strict, allowRisky: options.allowRisky },
    services,
    networks: members("networks"),
    volumes: members("volumes"),
    secrets: members("secrets"),
    configs: members("configs"),
    gates: gatesOf(services),
    linkAliases: linkAliasesOf(services),
    units: [],
    files: new Map(),
    madeSecrets: new Map(),
    used: { volumes: new Set(), networks: new Set() },
    folders: new Map(),
    privateUnits: new Set(),
  };
}

const objectTables = { network: networkKeys, volume: volumeKeys } as const;

/** Units for the networks and volumes that a service uses. As in Compose, the others are not made. */
function putObjects(all: ProjectDraft): void {
  for (const type of ["network", "volume"] as const) {
    const used = all.used[`${type}s`];
    const stated = new Map<string, { readonly value: ComposeNode; readonly place: Place }>(all[`${type}s`]);
    if (type === "network" && used.has("default") && !stated.has("default")) {
      stated.set("default", { value: emptyMap, place: [...all.services.values()][0]?.place ?? { file: "" } });
    }
    for (const [name, { value, place }] of stated) {
      const path = `${type}s.${name}`;
      if (!isName(name)) refuse(all.notes, path, place, "a name has only letters, digits and _ . -");
      else if (value.kind === "list") refuse(all.notes, path, place, "it takes a map");
      else {
        const draft = objectDraft(all, type, name, value, place);
        walkKeys(value, objectTables[type], draft, path, all.notes);
        const isExternal = isExternalNode(memberOf(value, "external"));
        if (!isExternal && used.has(name)) all.units.push(draft.unit);
        else if (!isExternal) tellUnused(all, path, place);
      }
    }
  }
}

function tellUnused(all: ProjectDraft, path: string, place: Place): void {
  const message = "No service uses it: as in Compose, it is not made.";
  tell(all.notes, { verdict: "changed", key: path, place, message, remedy: "Remove it, or name it in a service." });
}

function isName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]*$/u.test(name);
}

/** `data-volume` the service and `data` the volume would both be `shop-data-volume.service`. */
function refuseDuplicates(all: ProjectDraft): void {
  const services = new Map<string, string>();
  for (const unit of all.units) {
    const suffix = unit.type === "container" ? "" : `-${unit.type}`;
    const service = `${unit.name}${suffix}.service`;
    const other = services.get(service);
    services.set(service, fileOf(unit));
    if (other === undefined) continue;
    refuse(all.notes, fileOf(unit), unit.place, `${other} makes the same ${service}`, "Rename one of the two in the Compose file.");
  }
}
