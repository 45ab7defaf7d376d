/** Volumes and bind mounts in all their forms, read into one. */
import type { Place } from "../../domain/errors.ts";
import type { ComposeNode } from "../node.ts";
import { isOn, memberOf, textOf } from "./values.ts";

export type MountKind = "bind" | "volume" | "tmpfs" | "image" | "cluster" | "npipe";

export type Mount = {
  readonly kind: MountKind;
  /** Empty: an anonymous volume. */
  readonly source: string;
  readonly target: string;
  /** `ro`, `z`, `rshared`, `nocopy` and their like, in Podman's words. */
  readonly options: readonly string[];
  readonly subpath: string;
  readonly size: string;
  readonly mode: string;
  /** Whether Compose makes the host folder where it is missing. */
  readonly isMade: boolean;
  /** Options that have no meaning for Podman. */
  readonly lost: readonly string[];
  readonly path: string;
  readonly place: Place;
};

/** Options of the short form that Podman has too. */
const kept = /^(?:ro|rw|z|Z|U|nocopy|copy|r?shared|r?slave|r?private|exec|noexec|dev|nodev|suid|nosuid|O)$/u;

export function readMount(node: ComposeNode, path: string): Mount | { readonly problem: string } {
  return node.kind === "map" ? longMount(node, path) : shortMount(textOf(node), path, node.place);
}

function shortMount(text: string, path: string, place: Place): Mount | { readonly problem: string } {
  if (/^[A-Za-z]:[\\/]/u.test(text)) return { problem: "it is a path of Windows" };
  const parts = text.split(":");
  const [source, target, options = "", ...more] = parts.length === 1 ? ["", text] : parts;
  if (more.length > 0) return { problem: "it is not [source:]target[:options]" };
  const words = options.split(",").filter((word) => word !== "");
  const isPath = /^(?:\/|\.|~)/u.test(source ?? "");
  return {
    kind: isPath ? "bind" : "volume",
    source: source ?? "",
    target: target ?? "",
    options: words.filter((word) => kept.test(word) && word !== "rw"),
    lost: words.filter((word) => !kept.test(word)),
    isMade: isPath,
    ...{ subpath: "", size: "", mode: "", path, place },
  };
}

function longMount(node: ComposeNode, path: string): Mount {
  const get = (...keys: readonly string[]): ComposeNode | undefined =>
    keys.reduce<ComposeNode | undefined>((inner, key) => memberOf(inner, key), node);
  const text = (...keys: readonly string[]): string => textOf(get(...keys));
  const kind = text("type") as MountKind;
  const mode = get("tmpfs", "mode");
  const isReadOnly = isOn(get("read_only"));
  return {
    kind,
    source: text("source"),
    target: text("target"),
    options: [
      isReadOnly ? "ro" : "",
      text("bind", "selinux"),
      text("bind", "propagation"),
      isOn(get("volume", "nocopy")) ? "nocopy" : "",
    ].filter((option) => option !== ""),
    subpath: text("volume", "subpath") || text("image", "subpath"),
    size: text("tmpfs", "size"),
    // A number is what YAML made of octal digits; a text holds the digits themselves.
    mode: mode?.kind === "scalar" && typeof mode.value === "number" ? mode.value.toString(8) : textOf(mode),
    isMade: kind === "bind" && get("bind", "create_host_path") !== undefined && isOn(get("bind", "create_host_path")),
    lost: [],
    path,
    place: node.place,
  };
}
