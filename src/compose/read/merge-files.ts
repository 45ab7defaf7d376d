/** Some files merged in order, each with what it includes and what its services extend. */
import { emptyMap, type MapNode } from "../node.ts";
import { resolveExtends } from "./extends.ts";
import { uniqueItems } from "./identity.ts";
import { applyIncludes } from "./include.ts";
import { mergeNodes, withoutTags } from "./merge.ts";
import { mergeRules } from "./merge-rules.ts";
import { type Model, readFile } from "./model.ts";
import { withPassedThrough } from "./pass-through.ts";

export function mergeFiles(model: Model, files: readonly string[]): MapNode {
  let merged = emptyMap(model.reading.name(files[0] ?? ""));
  for (const file of files) {
    for (const document of readFile(model, file, model.folder)) {
      const included = applyIncludes({ ...model, chain: [...model.chain, file] }, document, mergeFiles);
      const over = resolveExtends(model, file, included);
      merged = uniqueItems(withoutTags(mergeNodes(model.reading, merged, over, mergeRules)), mergeRules);
    }
  }
  return withPassedThrough(model.reading, merged, model.variables);
}
