/** `build` of a service: a `.build` unit. */
import type { ComposeNode } from "../node.ts";
import { buildDraft } from "./build.ts";
import type { ServiceDraft } from "./drafts.ts";
import { buildKeys } from "./keys-build.ts";
import { refuse } from "./notes.ts";
import { isNull, memberOf } from "./values.ts";
import { walkKeys } from "./walk.ts";

export function putBuild(node: ComposeNode, service: ServiceDraft, path: string): void {
  if (isNull(node)) return;
  const draft = buildDraft(service, node);
  if (["context", "dockerfile_inline"].every((key) => memberOf(draft.node, key) === undefined)) {
    refuse(service.notes, path, node.place, "it says no context");
    return;
  }
  walkKeys(draft.node, buildKeys, draft, path, service.notes);
  service.all.units.push(draft.unit);
}
