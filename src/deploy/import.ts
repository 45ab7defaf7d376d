/** Compose files, or hand-written Quadlet files, as a folder that Phoenix deploys. Nothing that runs is touched. */
import { posix } from "node:path";
import type { Conversion, ReportLine } from "../compose/convert.ts";
import { type Issue, PhoenixError } from "../domain/errors.ts";
import type { NewFile } from "../domain/source.ts";
import type { ServiceName, StackName } from "../domain/words.ts";
import type { Folders, Source } from "../ports/store.ts";
import { serialiseDocument } from "../quadlet/serialise.ts";
import { loadStack } from "../stack/load.ts";
import { loadCompose, pathsToLookAt } from "../stack/load-compose.ts";
import { withRisks } from "../stack/risk-comments.ts";
import { isImageMaker } from "../stack/stack.ts";
import { chooseStackName } from "../stack/stack-name.ts";
import { takeOver } from "../stack/take-over.ts";
import { type ComposeSecret, composeFiles, convertProject, readProject } from "./compose.ts";
import type { SourceRequest } from "./source.ts";

export type ImportRequest = SourceRequest & {
  /** Where to write; undefined: `<stack>-quadlet` below `cwd`. Absolute. */
  readonly out: string | undefined;
  readonly cwd: string;
  /** Replace what was edited since the last import. */
  readonly force: boolean;
};

export type Imported = {
  readonly stack: StackName;
  /** What was written, and what it was made of; absolute. */
  readonly folder: string;
  readonly from: string;
  readonly files: readonly string[];
  readonly report: readonly ReportLine[];
  readonly secrets: readonly ComposeSecret[];
  /** Folders that services write and that are not there; Compose would make them. */
  readonly missing: readonly string[];
  readonly issues: readonly Issue[];
  /** Of a take-over: the old files, absolute, and the services that they make. */
  readonly replaces?: { readonly paths: readonly string[]; readonly services: readonly ServiceName[] };
};

type ImportPorts = { readonly source: Source; readonly folders: Folders };

export async function importSource(request: ImportRequest, ports: ImportPorts): Promise<Imported> {
  const files = await composeFiles(request.path, request.compose, ports.source);
  return files === undefined ? await importQuadlet(request, ports) : await importCompose(request, files, ports);
}

/** Nothing runs yet, so what is risky is written and named; a deploy of the Compose file itself refuses it. */
async function importCompose(request: ImportRequest, files: readonly string[], { source, folders }: ImportPorts): Promise<Imported> {
  const read = await readProject(files, { ...request, examples: true }, source);
  const { name, folder: from } = read.project;
  const folder = targetFolder(request, name);
  const { conversion, secrets, issues } = convertProject(read, { ...request.compose, allowRisky: true }, folder);
  const texts = conversion.files.map(({ path, text, mode }): NewFile => ({ path, text, secret: mode === 0o600 }));
  const written = [...unitFiles(conversion), ...texts];
  await folders.write(folder, written, { force: request.force });
  const entries = await source.look(folder, pathsToLookAt(conversion.units, folder));
  const loaded = loadCompose({ conversion: { ...conversion, files: [] }, name, root: folder, entries, podmanVersion: undefined });
  const { report } = conversion;
  const paths = written.map(({ path }) => path).sort();
  const missing = await missingFolders(
    conversion.folders.map(({ path }) => path),
    source,
  );
  // What a deploy would refuse can still be put right.
  const later = loaded.issues.map((issue): Issue => ({ ...issue, severity: "warning" }));
  return { stack: name, folder, from, files: paths, report, secrets, missing, issues: [...issues, ...later] };
}

async function missingFolders(paths: readonly string[], source: Source): Promise<readonly string[]> {
  const there = await Promise.all(
    paths.map((path) =>
      source.find(path).then(
        () => true,
        () => false,
      ),
    ),
  );
  return paths.filter((_, index) => there[index] === false);
}

function targetFolder({ out, cwd }: ImportRequest, stack: StackName): string {
  const folder = out ?? posix.join(cwd, `${stack}-quadlet`);
  if (!/\/containers\/systemd(?:\/|$)/u.test(folder)) return folder;
  throw new PhoenixError("usage", `Cannot write ${folder}: Podman's generator would read the units there.`, {
    remedy: "Name another folder with --out.",
  });
}

function unitFiles({ units, report, privateUnits }: Conversion): readonly NewFile[] {
  return units.map((document) => ({
    path: document.file,
    text: serialiseDocument(withRisks(document, report)),
    secret: privateUnits.has(document.file),
  }));
}

async function importQuadlet(request: ImportRequest, { source, folders }: ImportPorts): Promise<Imported> {
  const found = await source.find(request.path);
  if (found.kind === "file")
    throw new PhoenixError("usage", `Cannot take over ${found.name} alone: units belong together.`, {
      remedy: `Name its folder, ${found.folder}.`,
    });
  const old = await source.read(found.folder);
  const chosen = chooseStackName(old.root, request.name);
  if ("issue" in chosen) throw new PhoenixError("source-invalid", `Cannot take over ${old.root}: 1 error.`, { issues: [chosen.issue] });
  if ([...old.texts.values()].some((text) => text.includes("io.phoenix.digest=")))
    throw new PhoenixError("usage", `Cannot take over ${old.root}: Phoenix itself wrote it.`);
  const { stack, issues } = loadStack({ folder: old, name: chosen.name, podmanVersion: undefined });
  if (stack === undefined) throw new PhoenixError("source-invalid", `Cannot take over ${old.root}: nothing was written.`, { issues });
  const folder = targetFolder(request, stack.name);
  const { files, replaced } = takeOver(old, stack);
  const live = stack.units.filter(({ type }) => !isImageMaker(type));
  await folders.write(folder, files, { force: request.force });
  return {
    stack: stack.name,
    folder,
    from: old.root,
    files: files.map(({ path }) => path).sort(),
    report: [],
    secrets: [],
    missing: [],
    issues,
    replaces: { paths: replaced.map((path) => posix.join(old.root, path)), services: live.map(({ service }) => service) },
  };
}
