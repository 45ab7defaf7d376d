/** Mounts as lines of a unit. */
import { posix } from "node:path";
import { rowOf } from "../../domain/table.ts";
import { writeValue } from "../../quadlet/escape.ts";
import type { ComposeNode } from "../node.ts";
import type { ServiceDraft } from "./drafts.ts";
import { type Mount, type MountKind, readMount } from "./mounts.ts";
import { pathFromUnits, qualifyImage, slug, unitFile, unitName } from "./names.ts";
import { refuse, risk, tell } from "./notes.ts";
import { fileOf, put, putInto, putRaw } from "./unit.ts";
import { isOn, itemsOf, memberOf, textOf } from "./values.ts";

export function putVolumes(node: ComposeNode, service: ServiceDraft, path: string): void {
  itemsOf(node).forEach((item, index) => {
    const mount = readMount(item, `${path}[${index}]`);
    if ("problem" in mount) refuse(service.notes, `${path}[${index}]`, item.place, mount.problem);
    else putMount(mount, service);
  });
}

const putters: Readonly<Record<MountKind, (mount: Mount, service: ServiceDraft) => void>> = {
  bind: putBind,
  volume: putNamed,
  tmpfs: putTmpfsMount,
  image: putImageMount,
  cluster: notHere("Cluster volumes belong to Docker Swarm."),
  npipe: notHere("Named pipes belong to Windows."),
};

function notHere(message: string) {
  return ({ path, place }: Mount, { notes }: ServiceDraft): void =>
    tell(notes, { verdict: "not-carried", key: path, place, message, remedy: "Use a named volume or a folder of the host." });
}

function putMount(mount: Mount, service: ServiceDraft): void {
  const { notes } = service;
  const { path, place, target, lost } = mount;
  if (!target.startsWith("/")) {
    refuse(notes, path, place, `the target ${JSON.stringify(target)} is no absolute path`);
    return;
  }
  if (lost.length > 0) {
    const message = `Podman on Linux has no mount option ${lost.join(", ")}; it is left out.`;
    tell(notes, { verdict: "not-carried", key: path, place, message, remedy: "Remove it: it has no effect on Linux." });
  }
  putters[mount.kind](mount, service);
}

const systemFolders: readonly string[] = [
  "/",
  "/boot",
  "/dev",
  "/etc",
  "/home",
  "/proc",
  "/root",
  "/run",
  "/sys",
  "/usr",
  "/var",
  "/var/run",
  "/var/lib",
];
const sockets = /(?:^|\/)(?:docker|podman|containerd)\.sock$/u;

function putBind(mount: Mount, service: ServiceDraft): void {
  const { all, notes } = service;
  const { path, place, source } = mount;
  if (source === "") {
    refuse(notes, path, place, "a bind mount needs a source");
    return;
  }
  const where = posix.resolve("/", source);
  if (sockets.test(source))
    risk(notes, path, place, "Whoever may use the socket of a container engine owns the account that it belongs to.");
  else if (source.startsWith("/") && systemFolders.includes(where)) {
    risk(notes, path, place, `${where} of the host is not the service's own.`);
  }
  const { text, isHome } = pathFromUnits(all, source);
  if (mount.isMade && where !== "/" && !isHome && !sockets.test(source) && !/\.[a-z]{2,5}$/iu.test(source))
    all.folders.set(posix.resolve(all.project.folder, source), place);
  putLine({ ...mount, source: text }, service, isHome ? "%h" : "");
}

function putNamed(mount: Mount, service: ServiceDraft): void {
  const { all, notes } = service;
  const { path, place, source } = mount;
  if (source === "") {
    putAnonymous(mount, service);
    return;
  }
  const volume = all.volumes.get(source);
  if (volume === undefined) {
    refuse(notes, path, place, `no volume ${JSON.stringify(source)} stands under volumes`);
    return;
  }
  all.used.volumes.add(source);
  const isExternal = isExternalNode(memberOf(volume.value, "external"));
  putLine({ ...mount, source: isExternal ? externalName(volume.value, source) : unitFile(all, source, "volume") }, service, "");
}

/** `external: true`, or the old form `external: {name: x}`. */
export function isExternalNode(node: ComposeNode | undefined): boolean {
  return node?.kind === "map" || isOn(node);
}

export function externalName(node: ComposeNode, key: string): string {
  return textOf(memberOf(memberOf(node, "external"), "name")) || textOf(memberOf(node, "name")) || key;
}

/** Compose keeps an anonymous volume for the next container; Podman would remove it with this one. So it gets a name. */
function putAnonymous(mount: Mount, service: ServiceDraft): void {
  const { all, notes } = service;
  const part = `${service.name}-${slug(mount.target)}`;
  const name = unitName(all, part);
  const unit = { type: "volume" as const, name, place: mount.place, lines: [] };
  putInto(unit, "Unit", "Description", `Data of ${service.name} of ${all.project.name}`, mount.place);
  putRaw(unit, "VolumeName", `${all.project.name}_${part}`, mount.place);
  all.units.push(unit);
  tell(notes, {
    verdict: "changed",
    key: mount.path,
    place: mount.place,
    message: `A volume without a name would be removed with its container at every stop; ${fileOf(unit)} keeps it.`,
    remedy: "Give it a name of your own under volumes.",
  });
  putLine({ ...mount, source: fileOf(unit) }, service, "");
}

function putTmpfsMount({ target, size, mode, options, path, place }: Mount, { unit, notes }: ServiceDraft): void {
  const words = [...options, ...(size === "" ? [] : [`size=${size}`]), ...(mode === "" ? [] : [`mode=${mode}`])];
  if (target.includes(":")) {
    refuse(notes, path, place, "a colon in its target would start the options");
    return;
  }
  put(unit, "Tmpfs", words.length === 0 ? target : `${target}:${words.join(",")}`, { path, place }, notes);
}

function putImageMount(mount: Mount, service: ServiceDraft): void {
  putMountKey({ ...mount, source: qualifyImage(mount.source) }, service);
}

/** The short `Volume=`, or `Mount=` where a path has a colon or only a part of a volume is meant. */
function putLine(mount: Mount, service: ServiceDraft, prefix: string): void {
  const { source, target, options, subpath, path, place } = mount;
  if (subpath !== "" || /:/u.test(`${source}${target}`)) {
    if (prefix !== "") {
      refuse(service.notes, path, place, "a path below ~ cannot have a colon; write it from / on");
      return;
    }
    putMountKey(mount, service);
    return;
  }
  const from = { path, place };
  const value = [source, target, ...(options.length === 0 ? [] : [options.join(",")])].join(":");
  const isUnit = /\.volume$/u.test(source);
  const written = writeValue("container", "Volume", value);
  if ("text" in written) putRaw(service.unit, "Volume", prefix + written.text, place);
  else if (isUnit || prefix !== "" || source.startsWith("./")) putMountKey(mount, service);
  else put(service.unit, "Volume", value, from, service.notes);
}

const mountOptions: Readonly<Record<string, string>> = { ro: "ro=true", z: "relabel=shared", Z: "relabel=private", U: "U=true" };

function putMountKey({ kind, source, target, options, subpath, path, place }: Mount, { unit, notes }: ServiceDraft): void {
  const from = { path, place };
  if (/[,"\n\r]/u.test(`${source}${target}${subpath}`)) {
    refuse(notes, path, place, "a path with a comma, a quote or a line break cannot be told to Podman");
    return;
  }
  // Into a part of a volume nothing is copied anyway.
  const meant = options.filter((option) => option !== "nocopy" || subpath === "");
  const words = meant.map(
    (option) => rowOf(mountOptions, option) ?? (/^r?(?:shared|slave|private)$/u.test(option) ? `bind-propagation=${option}` : undefined),
  );
  if (words.includes(undefined)) {
    refuse(notes, path, place, `a path with a colon excludes the options ${options.join(",")}`);
    return;
  }
  // Podman takes the part of an image by its absolute path, that of a volume as Compose does.
  const part = kind === "image" ? posix.join("/", subpath) : subpath;
  const parts = [`type=${kind}`, `source=${source}`, `destination=${target}`, ...(subpath === "" ? [] : [`subpath=${part}`]), ...words];
  put(unit, "Mount", parts.join(","), from, notes);
}

/** `tmpfs: /run:size=64m` */
export function putTmpfs(node: ComposeNode, { unit, notes }: ServiceDraft, path: string): void {
  for (const item of itemsOf(node)) {
    const text = textOf(item);
    if (/^\/[^:]*(?::[^:]*)?$/u.test(text)) put(unit, "Tmpfs", text, { path, place: item.place }, notes);
    else refuse(notes, path, item.place, "it takes an absolute path, and options behind a colon");
  }
}
