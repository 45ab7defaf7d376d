import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { missingArguments, objectNames } from "../../../src/quadlet/expected.ts";
import { parseDocument } from "../../../src/quadlet/parse.ts";
import { loadStack } from "../../../src/stack/load.ts";
import { pinTag, renderImageMaker, renderStack } from "../../../src/stack/render.ts";
import { isImageMaker, type Stack } from "../../../src/stack/stack.ts";
import { readFolder } from "../../support/folder.ts";
import { generate } from "../../support/generator.ts";

const rootPath = join(import.meta.dirname, "../../..");
const casesPath = join(rootPath, "test/cases");
const sources = readdirSync(casesPath)
  .map((name) => join(casesPath, name, "source"))
  // What refers to another stack is staged with that stack's units.
  .filter((path) => existsSync(path) && !existsSync(join(path, "../make.json")) && !path.includes("of-another-stack"));

for (const path of [...sources, join(rootPath, "quadlet")]) {
  const { stack } = loadStack({ folder: readFolder(path), name: "shop", podmanVersion: "5.4.2" });
  if (stack === undefined) continue;
  t.test(`Podman's generator takes what is rendered of ${path.slice(rootPath.length + 1)}`, async (t) => {
    const texts = renderAll(stack);
    const { services, complaints, exitCode } = await generate(texts);
    t.same({ complaints, exitCode }, { complaints: [], exitCode: 0 });
    const documents = new Map([...texts].map(([file, text]) => [file, parseDocument(text, file).document]));
    for (const unit of stack.units) {
      const document = documents.get(unit.file);
      const generated = services.get(unit.service);
      if (document === undefined || generated === undefined) t.fail(`no ${unit.service}`);
      else t.same(missingArguments(document, unit.type, generated, { objects: objectNames(documents) }), [], unit.service);
    }
  });
}

/** The units of the generation, and beside them the makers of images, each staged as a deploy does. */
function renderAll(stack: Stack): ReadonlyMap<string, string> {
  const id = "ab".repeat(32);
  const images = new Map(
    stack.units.flatMap((unit) =>
      unit.image === undefined ? [] : [[unit.file, { reference: unit.image.reference, id, tag: pinTag(stack.name, unit, id) }] as const],
    ),
  );
  const inputDigests = new Map(stack.inputs.map((input) => [input.source, { digest: "cd".repeat(32), kind: input.kind }]));
  const { candidate } = renderStack({ stack, images, inputDigests, stateRoot: "/state", generatorVersion: "5.4.2", createdAt: 0 });
  const makers = stack.units.filter((unit) => isImageMaker(unit.type));
  return new Map([
    ...candidate.units.map((unit) => [unit.file, unit.text] as const),
    ...makers.map((unit) => [unit.file, renderImageMaker(stack, unit)] as const),
  ]);
}
