/** `x-phoenix`: the keys of `[X-Phoenix]`, which are judged where all units are. */
import type { ComposeNode } from "../node.ts";
import type { ServiceDraft } from "./drafts.ts";
import { refuse } from "./notes.ts";
import { putInto } from "./unit.ts";
import { itemsOf, textOf } from "./values.ts";

export function putPolicy(node: ComposeNode, { unit, notes }: ServiceDraft, path: string): void {
  for (const { key, keyPlace, value } of node.kind === "map" ? node.entries : []) {
    if (!/^[A-Za-z]+$/u.test(key)) {
      refuse(notes, `${path}.${key}`, keyPlace, "[X-Phoenix] has no such key");
      continue;
    }
    for (const item of itemsOf(value)) {
      const raw = textOf(item).trim();
      if (item.kind !== "scalar" || /[\n\r\0]|\\$/u.test(raw)) refuse(notes, `${path}.${key}`, item.place, "it takes one line of text");
      else putInto(unit, "X-Phoenix", key, raw, item.place);
    }
  }
}
