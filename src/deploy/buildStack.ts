import { PhoenixError } from "../domain/errors.ts";
import type { Ms, UnitFileName } from "../domain/words.ts";
import type { Attention } from "../ports/machine.ts";
import type { Ports } from "../ports/ports.ts";
import { lookupAll } from "../quadlet/document.ts";
import { pinTag } from "../stack/render.ts";
import type { StackUnit } from "../stack/stack.ts";
import { keepBuildFiles, loadSource } from "./candidate.ts";
import { imageMaker } from "./images.ts";
import type { SourceRequest } from "./source.ts";

export type BuildOptions = Attention &
  SourceRequest & {
    /** Only these, and what they stand on; none = all. */
    readonly only: readonly UnitFileName[];
    /** Ask the registry for newer base images, and build again. */
    readonly pull: boolean;
  };

export type BuildRow = {
  readonly file: UnitFileName;
  /** `unchanged` = nothing it is made of changed, or Podman's layer cache had all of it. */
  readonly outcome: "built" | "unchanged";
  readonly id: string;
  readonly sizeBytes: number;
  /** Its own `ImageTag=` lines, and the one that names its content. */
  readonly tags: readonly string[];
  /** 0 = it was not run. */
  readonly tookMs: Ms;
};

/** Builds the images of a folder and touches nothing that runs. */
export async function buildStack(options: BuildOptions, ports: Ports): Promise<readonly BuildRow[]> {
  const loaded = await loadSource(options, ports);
  const { stack, current } = loaded;
  const builds = stack.units.filter((unit) => unit.type === "build");
  const names = options.only.map((name) => (name.endsWith(".build") ? name : `${name}.build`));
  const unknown = names.find((name) => !builds.some((unit) => unit.file === name));
  if (unknown !== undefined) {
    const there = builds.map((unit) => unit.file).join(", ");
    throw new PhoenixError("unit-missing", `Cannot build ${unknown}: ${stack.root} has ${there === "" ? "no .build files" : there}.`, {
      remedy: "Name one of the folder's .build files.",
    });
  }
  await keepBuildFiles(loaded, ports);
  const maker = imageMaker({ ...options, stack, current }, ports);
  const rows: BuildRow[] = [];
  const build = async (unit: StackUnit): Promise<void> => {
    const tags = lookupAll(unit.document, "Build", "ImageTag");
    const before = tags[0] === undefined ? undefined : await ports.images.find(tags[0]);
    const { fact, tookMs } = await maker.build(unit.file);
    const content = pinTag(stack.name, unit, fact.id);
    await ports.images.tag(fact.id, [content]);
    const outcome = before?.id === fact.id ? "unchanged" : "built";
    rows.push({ file: unit.file, outcome, id: fact.id, sizeBytes: fact.sizeBytes, tags: [...tags, content], tookMs });
  };
  await maker.settle(builds.filter((unit) => names.length === 0 || names.includes(unit.file)).map(build));
  return rows.sort((a, b) => (a.file < b.file ? -1 : 1));
}
