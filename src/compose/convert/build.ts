/** Services that are built: a `.build` unit beside their `.container`. */
import { posix } from "node:path";
import type { Place } from "../../domain/errors.ts";
import type { ComposeNode, MapNode } from "../node.ts";
import type { ProjectDraft, ServiceDraft } from "./drafts.ts";
import { builtImage, pathFromUnits, qualifyImage, slug, unitName } from "./names.ts";
import { type Notes, refuse, tell } from "./notes.ts";
import { put, putArguments, putInto, type UnitDraft } from "./unit.ts";
import { assignmentsOf, isNull, isOn, itemsOf, memberOf, textOf } from "./values.ts";

/** What the rows of `build` work on. */
export type BuildDraft = {
  readonly all: ProjectDraft;
  readonly notes: Notes;
  readonly service: string;
  readonly node: MapNode;
  readonly unit: UnitDraft;
  readonly place: Place;
};

/** `build: ./web` says the same as `build: {context: ./web}`. */
export function buildDraft({ all, name, node, notes }: ServiceDraft, build: ComposeNode): BuildDraft {
  const { place } = build;
  const short: MapNode = { kind: "map", place, entries: [{ key: "context", keyPlace: place, value: build }] };
  const unit: UnitDraft = { type: "build", name: unitName(all, name), place, lines: [] };
  const image = memberOf(node, "image");
  const tag = imageTag(all, name, node);
  putInto(unit, "Unit", "Description", `Image of ${name} of ${all.project.name}`, place);
  put(unit, "ImageTag", tag, { path: `services.${name}.image`, place: image?.place ?? place }, notes);
  putInto(unit, "Service", "TimeoutStartSec", "1800", place);
  return { all, notes, service: name, node: build.kind === "map" ? build : short, unit, place };
}

/** What the image of a service is called: as it says, else as ours. */
function imageTag(all: ProjectDraft, name: string, service: ComposeNode): string {
  const image = textOf(memberOf(service, "image"));
  return image === "" ? builtImage(all, name) : qualifyImage(image);
}

const url = /^(?:https?:\/\/|git:\/\/|git@|github\.com\/|ssh:\/\/)/u;

export function putContext(node: ComposeNode, { all, unit, notes, node: build }: BuildDraft, path: string): void {
  const from = { path, place: node.place };
  const text = textOf(node);
  if (url.test(text)) {
    put(unit, "SetWorkingDirectory", text.startsWith("github.com/") ? `https://${text}` : text, from, notes);
    return;
  }
  const { text: folder, isHome } = pathFromUnits(all, text);
  if (isHome) {
    refuse(notes, path, node.place, "a path below ~ is not known when it is built; write it from / on");
    return;
  }
  put(unit, "SetWorkingDirectory", folder === "./" ? "unit" : folder, from, notes);
  const file = memberOf(build, "dockerfile");
  if (file !== undefined && textOf(file) !== "" && textOf(file) !== "Dockerfile") {
    put(unit, "File", textOf(file), { path: path.replace(/context$/u, "dockerfile"), place: file.place }, notes);
  }
}

/** The lines themselves stand beside the units; where the context lies does not matter to them. */
export function putInlineFile(node: ComposeNode, { all, unit, notes, service, node: build }: BuildDraft, path: string): void {
  if (memberOf(build, "dockerfile") !== undefined) {
    refuse(notes, path, node.place, "it excludes dockerfile");
    return;
  }
  const file = `files/${slug(service)}.Containerfile`;
  all.files.set(file, { path: file, text: textOf(node), mode: 0o644 });
  put(unit, "File", posix.join(all.options.unitFolder ?? all.project.folder, file), { path, place: node.place }, notes);
  if (memberOf(build, "context") === undefined) put(unit, "SetWorkingDirectory", "unit", { path, place: node.place }, notes);
}

/** `--build-arg NAME=value` and its like. A name alone takes its value from whoever builds. */
export function putBuildWords(flag: string, separator = "=") {
  return (node: ComposeNode, { unit, notes }: BuildDraft, path: string): void => {
    for (const { name, value, place } of assignmentsOf(node, separator)) {
      const word = value === undefined ? name : `${name}${separator}${value}`;
      if (name === "") refuse(notes, path, place, "it has an empty name");
      else putArguments(unit, [`${flag}=${word}`], { path: `${path}.${name}`, place }, notes);
    }
  };
}

/** Further contexts; another service's image is built before this one. */
export function putContexts(node: ComposeNode, { all, unit, notes }: BuildDraft, path: string): void {
  for (const { name, value = "", place } of assignmentsOf(node)) {
    const from = { path: `${path}.${name}`, place };
    const service = /^service:(.+)$/u.exec(value)?.[1];
    const base = service === undefined ? undefined : all.services.get(service)?.value;
    if (service === undefined) {
      const isPath = !/^[a-z-]+:\/\//u.test(value) && !url.test(value);
      const target = isPath ? posix.resolve(all.project.folder, value) : value.replace(/^docker-image:\/\//u, "container-image://");
      putArguments(unit, [`--build-context=${name}=${target}`], from, notes);
    } else if (base === undefined) refuse(notes, from.path, place, `no service ${JSON.stringify(service)} stands under services`);
    else {
      putArguments(unit, [`--build-context=${name}=container-image://${imageTag(all, service, base)}`], from, notes);
      if (isNull(memberOf(base, "build"))) continue;
      const maker = `${unitName(all, service)}-build.service`;
      putInto(unit, "Unit", "Requires", maker, place);
      putInto(unit, "Unit", "After", maker, place);
    }
  }
}

export function putBuildNetwork(node: ComposeNode, { unit, notes }: BuildDraft, path: string): void {
  const word = textOf(node);
  if (["", "default", "bridge"].includes(word)) return;
  if (["host", "none"].includes(word)) {
    put(unit, "Network", word, { path, place: node.place }, notes);
    return;
  }
  const message = "A build cannot join a network of the project: it may not exist yet.";
  tell(notes, { verdict: "not-carried", key: path, place: node.place, message, remedy: "Write default, none or host." });
}

export function putBuildSecrets(node: ComposeNode, { all, unit, notes }: BuildDraft, path: string): void {
  for (const item of itemsOf(node)) {
    const name = item.kind === "map" ? textOf(memberOf(item, "source")) : textOf(item);
    const target = item.kind === "map" ? textOf(memberOf(item, "target")) || name : name;
    const secret = all.secrets.get(name)?.value;
    const file = textOf(memberOf(secret, "file"));
    const variable = textOf(memberOf(secret, "environment"));
    const from = { path: `${path}.${name}`, place: item.place };
    if (secret === undefined) refuse(notes, from.path, from.place, "nothing of that name stands under secrets");
    else if (/[,\n]/u.test(target + file + variable))
      refuse(notes, from.path, from.place, "a comma or a line break cannot be told to Podman");
    else if (file !== "") put(unit, "Secret", `id=${target},src=${posix.resolve(all.project.folder, file)}`, from, notes);
    else {
      const message = "A build of systemd's has no environment to take a secret from.";
      tell(notes, {
        verdict: "not-carried",
        key: from.path,
        place: from.place,
        message,
        remedy: "Put the secret into a file, and name it under secrets.",
      });
    }
  }
}

export function putTags(node: ComposeNode, { unit, notes }: BuildDraft, path: string): void {
  for (const item of itemsOf(node)) put(unit, "ImageTag", qualifyImage(textOf(item)), { path, place: item.place }, notes);
}

export function putPull(node: ComposeNode, { unit, notes }: BuildDraft, path: string): void {
  if (isOn(node)) put(unit, "Pull", "always", { path, place: node.place }, notes);
}
