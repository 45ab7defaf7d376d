/** Images: named, pulled by an `.image` file, or built by a `.build` file. */
import type { ComposeData } from "../../compose/write/text.ts";
import { buildPaths } from "../image-makers.ts";
import type { StackUnit } from "../stack.ts";
import { lastValue, valuesOf } from "../values.ts";
import type { ExportContext } from "./context.ts";
import { mapOf } from "./networks.ts";
import { relativePath } from "./paths.ts";
import type { Fields } from "./rows.ts";
import { composeWord } from "./words.ts";

export function imageFields(unit: StackUnit, context: ExportContext): Fields {
  const need = unit.image;
  if (need === undefined) return {};
  const maker = need.kind === "reference" ? undefined : context.stack.units.find(({ file }) => file === need.file);
  return { image: composeWord(need.reference), ...(maker?.type === "build" ? { build: buildFields(maker, context) } : {}) };
}

/** Keys of `.build` files that Compose has a place for. */
const known = new Set(["ImageTag", "SetWorkingDirectory", "File", "Target", "BuildArg", "Label", "Network", "Pull"]);

export function buildFields(maker: StackUnit, context: ExportContext): ComposeData {
  const { context: folder, file } = buildPaths(maker.document, context.stack.root);
  const one = (key: string): string | undefined => lastValue(maker.document, "build", key);
  const all = (key: string): readonly string[] => valuesOf(maker.document, "build", key).map(({ value }) => composeWord(value));
  for (const section of maker.document.sections.filter(({ name }) => name === "Build"))
    for (const entry of section.entries)
      if (entry.kind === "pair" && !known.has(entry.key)) context.leave(maker, entry, "Compose has no such key for a build");
  const target = folder === undefined ? composeWord(one("SetWorkingDirectory") ?? "") : relativePath(folder, context.folders.target);
  const tags = all("ImageTag").slice(1);
  return {
    context: target,
    ...(file === undefined || folder === undefined ? {} : { dockerfile: relativePath(file, folder) }),
    ...(one("Target") === undefined ? {} : { target: composeWord(one("Target") ?? "") }),
    ...mapOf("args", all("BuildArg")),
    ...mapOf("labels", all("Label")),
    ...(one("Network") === undefined ? {} : { network: composeWord(one("Network") ?? "") }),
    ...(/^(?:always|newer|true)$/u.test(one("Pull") ?? "") ? { pull: true } : {}),
    ...(tags.length === 0 ? {} : { tags }),
  };
}
