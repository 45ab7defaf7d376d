/** Names: of unit files, of images, of paths. */
import { posix } from "node:path";
import type { UnitType } from "../../quadlet/names.ts";
import type { ProjectDraft } from "./drafts.ts";

/** `shop`, `web` -> `shop-web`. */
export function unitName(all: ProjectDraft, name: string): string {
  return `${all.project.name}-${name}`;
}

export function unitFile(all: ProjectDraft, name: string, type: UnitType): string {
  return `${unitName(all, name)}.${type}`;
}

/** What systemd calls a service of the project. */
export function serviceUnit(all: ProjectDraft, name: string): string {
  return `${unitName(all, name)}.service`;
}

/** The full name, as Docker understands a short one: `nginx` -> `docker.io/library/nginx`. */
export function qualifyImage(image: string): string {
  const [first = "", ...rest] = image.split("/");
  if (rest.length === 0) return /^(?:sha256:)?[\da-f]{64}$/u.test(image) ? image : `docker.io/library/${image}`;
  const isRegistry = /[.:]/u.test(first) || first === "localhost" || first !== first.toLowerCase();
  return isRegistry ? image : `docker.io/${image}`;
}

/** The image of a service that says only how to build it. */
export function builtImage(all: ProjectDraft, service: string): string {
  return `localhost/${all.project.name}-${service.toLowerCase()}:latest`;
}

/** A path of the project as seen from the units: inside their folder `./x`, all others absolute. `~` is the home folder. */
export function pathFromUnits(all: ProjectDraft, path: string): { readonly text: string; readonly isHome: boolean } {
  if (path === "~" || path.startsWith("~/")) return { text: path.slice(1), isHome: true };
  if (path.startsWith("/")) return { text: path, isHome: false };
  const absolute = posix.resolve(all.project.folder, path);
  const inside = posix.relative(all.options.unitFolder ?? all.project.folder, absolute);
  const isInside = inside !== ".." && !inside.startsWith("../");
  return { text: isInside ? `./${inside}` : absolute, isHome: false };
}

/** A name for a Podman secret or a file, from any text. */
export function slug(text: string): string {
  return (
    text
      .replace(/[^A-Za-z0-9_.-]+/gu, "-")
      .replace(/^[-.]+|[-.]+$/gu, "")
      .toLowerCase() || "x"
  );
}
