/** Where a stack comes from: a folder of Quadlet files, or Compose files that are converted to the same documents. */
import { posix } from "node:path";
import type { Conversion } from "../compose/convert.ts";
import { PhoenixError } from "../domain/errors.ts";
import type { SourceFolder } from "../domain/source.ts";
import type { StackName, UnitFileName } from "../domain/words.ts";
import type { Made, Source } from "../ports/store.ts";
import { type Loaded, loadStack } from "../stack/load.ts";
import { loadCompose, pathsToLookAt } from "../stack/load-compose.ts";
import { chooseStackName } from "../stack/stack-name.ts";
import {
  type ComposeRequest,
  type ComposeSecret,
  composeFiles,
  convertProject,
  type ReadProject,
  readProject,
  reportIssues,
} from "./compose.ts";

export type SourceRequest = {
  /** A folder or a Compose file, as the person wrote it. */
  readonly path: string;
  readonly name: StackName | undefined;
  readonly compose: ComposeRequest;
};

export type LoadRequest = { readonly podmanVersion: string | undefined; readonly others: ReadonlyMap<UnitFileName, string> };

export type OpenedSource = {
  /** Paths of the units count from it. */
  readonly root: string;
  readonly name: StackName;
  readonly load: (request: LoadRequest) => Promise<Loaded>;
  /** Only of Compose files: texts that stand in no folder, and secrets to make before the first start. */
  readonly made?: Made;
  readonly secrets: readonly ComposeSecret[];
  /** How many keys are said in another way; `import` lists them. */
  readonly changedKeys: number;
  /** Absolute; made where they are missing, as Compose does. */
  readonly folders: readonly string[];
};

/** Reads what names the stack, and no more than it needs. Throws `source-invalid` when it cannot be named or understood. */
export async function openSource(request: SourceRequest, source: Source): Promise<OpenedSource> {
  const files = await composeFiles(request.path, request.compose, source);
  return files === undefined ? await openFolder(request, source) : await openCompose(request, files, source);
}

async function openFolder({ path, name }: SourceRequest, source: Source): Promise<OpenedSource> {
  const folder: SourceFolder = await source.read(path);
  const chosen = chooseStackName(folder.root, name);
  if ("issue" in chosen) throw new PhoenixError("source-invalid", `Cannot use ${folder.root}: 1 error.`, { issues: [chosen.issue] });
  const load = async (options: LoadRequest): Promise<Loaded> => loadStack({ folder, name: chosen.name, ...options });
  return { root: folder.root, name: chosen.name, load, secrets: [], changedKeys: 0, folders: [] };
}

async function openCompose(request: SourceRequest, files: readonly string[], source: Source): Promise<OpenedSource> {
  const read = await readProject(files, request, source);
  const { conversion, secrets, issues } = convertProject(read, request.compose);
  const { name, folder: root } = read.project;
  const told = [...issues, ...reportIssues(conversion.report)];
  const load = async (options: LoadRequest): Promise<Loaded> => {
    const entries = await source.look(root, pathsToLookAt(conversion.units, root));
    const loaded = loadCompose({ conversion, name, root, entries, ...options });
    return { ...loaded, issues: [...told, ...loaded.issues] };
  };
  return {
    root,
    name,
    load,
    made: madeOf(read, conversion),
    secrets,
    changedKeys: conversion.report.filter(({ verdict }) => verdict === "changed").length,
    folders: conversion.folders.map(({ path }) => path),
  };
}

function madeOf({ project, texts }: ReadProject, { files }: Conversion): Made {
  const kept = project.files.flatMap((file) => {
    const inside = posix.relative(project.folder, file);
    const text = texts.get(file);
    return text == null || inside.startsWith("../") ? [] : [[inside, text] as const];
  });
  return { inputs: new Map(files.map(({ path, text }) => [path, text])), source: new Map(kept) };
}
