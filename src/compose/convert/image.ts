/** Which image a service runs, and when it is fetched. */
import { rowOf } from "../../domain/table.ts";
import type { ComposeNode } from "../node.ts";
import type { ServiceDraft } from "./drafts.ts";
import { qualifyImage, unitFile } from "./names.ts";
import { refuse, tell } from "./notes.ts";
import { put, putRaw } from "./unit.ts";
import { isNull, memberOf, textOf } from "./values.ts";

/** The image, or the unit that builds it. */
export function putImage({ all, name, node, unit, place, notes }: ServiceDraft): void {
  const image = memberOf(node, "image");
  if (!isNull(memberOf(node, "build"))) {
    putRaw(unit, "Image", unitFile(all, name, "build"), place);
    return;
  }
  const written = textOf(image);
  if (image === undefined || written === "") {
    if (isNull(memberOf(node, "provider"))) refuse(notes, `services.${name}`, place, "it has neither an image nor a build");
    return;
  }
  const path = `services.${name}.image`;
  if (!/^[\w./:@+-]+$/u.test(written)) {
    refuse(notes, path, image.place, "it is no name of an image");
    return;
  }
  put(unit, "Image", qualifyImage(written), { path, place: image.place }, notes);
}

/** Podman's words for the policies; those that it lacks are the nearest. */
const policies: Readonly<Record<string, { readonly pull?: string; readonly told?: string }>> = {
  always: { pull: "always" },
  never: { pull: "never" },
  missing: { pull: "missing" },
  if_not_present: { pull: "missing" },
  build: { told: "The image is built when it is deployed." },
  refresh: { pull: "newer", told: "Podman looks for a newer image at every start, not after a time." },
  daily: { pull: "newer", told: "Podman looks for a newer image at every start, not once a day." },
  weekly: { pull: "newer", told: "Podman looks for a newer image at every start, not once a week." },
};

export function putPullPolicy(node: ComposeNode, { unit, node: service, notes }: ServiceDraft, path: string): void {
  const word = textOf(node);
  const policy = rowOf(policies, word) ?? (/^every_(?:\d+[wdhms])+$/u.test(word) ? policies["refresh"] : undefined);
  if (policy === undefined) {
    refuse(notes, path, node.place, `it takes ${Object.keys(policies).join(", ")} or every_12h`);
    return;
  }
  if (policy.told !== undefined) {
    tell(notes, {
      verdict: "changed",
      key: path,
      place: node.place,
      message: policy.told,
      remedy: "Use `phoenix deploy --pull` for a newer image; it is proven, or undone.",
    });
  }
  if (policy.pull !== undefined && isNull(memberOf(service, "build"))) put(unit, "Pull", policy.pull, { path, place: node.place }, notes);
}
