/** Compose files from the machine -> a project and its conversion. */
import { posix } from "node:path";
import { type Conversion, convertCompose, type ReportLine } from "../compose/convert.ts";
import { type ComposeProject, readCompose } from "../compose/read.ts";
import { type Issue, PhoenixError } from "../domain/errors.ts";
import type { StackName } from "../domain/words.ts";
import type { FoundPath, Source } from "../ports/store.ts";
import { parseUnitFileName } from "../quadlet/names.ts";

/** What a person says beside the path; all of it is for Compose files only. Paths are absolute. */
export type ComposeRequest = {
  readonly files: readonly string[];
  readonly envFiles: readonly string[] | undefined;
  readonly profiles: readonly string[];
  readonly secrets: boolean;
  readonly allowRisky: boolean;
  readonly strict: boolean;
  /** The caller's environment. */
  readonly env: ReadonlyMap<string, string>;
};

export type ComposeSecret = Conversion["secrets"][number];

export type Converted = {
  readonly conversion: Conversion;
  /** With the values of variables put in; one that still names its variable has none. */
  readonly secrets: readonly ComposeSecret[];
  /** Warnings. */
  readonly issues: readonly Issue[];
};

/** The names that docker compose looks for in a folder, the first that is there; with its override file. */
const defaultNames = ["compose.yaml", "compose.yml", "docker-compose.yaml", "docker-compose.yml"];
const overrides: Readonly<Record<string, readonly string[]>> = {
  compose: ["compose.override.yaml", "compose.override.yml"],
  "docker-compose": ["docker-compose.override.yaml", "docker-compose.override.yml"],
};

/** The Compose files that a path and `-f` mean, absolute; undefined where the path is a folder of Quadlet files. */
export async function composeFiles(path: string, { files }: ComposeRequest, source: Source): Promise<readonly string[] | undefined> {
  const found = await source.find(path);
  const named = composeNames(found);
  if (named === undefined && files.length === 0) return undefined;
  const extra = await Promise.all(files.map(async (file) => inFolder(await source.find(file))));
  // As for docker compose, files that are named take the place of those that would be found.
  return found.kind === "folder" && extra.length > 0 ? extra : [...(named ?? []), ...extra];
}

function inFolder(found: FoundPath): string {
  if (found.kind === "folder") throw new PhoenixError("source-missing", `Cannot read ${found.folder} as a Compose file: it is a folder.`);
  return posix.join(found.folder, found.name);
}

function composeNames(found: FoundPath): readonly string[] | undefined {
  if (found.kind === "file") return /\.ya?ml$/iu.test(found.name) ? [posix.join(found.folder, found.name)] : undefined;
  const first = defaultNames.find((name) => found.names.includes(name));
  if (first === undefined || found.names.some((name) => parseUnitFileName(name) !== undefined)) return undefined;
  const override = (overrides[posix.parse(first).name] ?? []).find((name) => found.names.includes(name));
  return [first, ...(override === undefined ? [] : [override])].map((name) => posix.join(found.folder, name));
}

type ProjectRequest = {
  readonly name: StackName | undefined;
  readonly compose: ComposeRequest;
  /** Take an example's values where an environment file is missing, and say so: for an import, which a person looks through. */
  readonly examples?: boolean;
};

export type ReadProject = {
  readonly project: ComposeProject;
  /** Warnings. */
  readonly issues: readonly Issue[];
  /** Of every file that was read. */
  readonly texts: ReadonlyMap<string, string | null>;
};

/** Reads and merges; throws `source-invalid` with every finding when there is an error among them. */
export async function readProject(files: readonly string[], request: ProjectRequest, source: Source): Promise<ReadProject> {
  const { name, compose, examples = false } = request;
  const texts = new Map<string, string | null>();
  const filled: Issue[] = [];
  const { env, envFiles, profiles } = compose;
  for (;;) {
    const read = readCompose({ files, texts, env, envFiles, profiles, project: name });
    if ("wants" in read) {
      for (const [path, text] of await source.texts(read.wants)) {
        const example = text === null && examples ? await exampleOf(path, source) : undefined;
        texts.set(path, example?.text ?? text);
        if (example !== undefined) filled.push(example.issue);
      }
      continue;
    }
    const { project, issues } = read;
    if (project === undefined || hasError(issues)) throw invalid(files, issues);
    return { project, issues: [...filled, ...issues], texts };
  }
}

/** Projects come with an example to copy: `.env.example`, `env.sample`. */
async function exampleOf(path: string, source: Source): Promise<{ readonly text: string; readonly issue: Issue } | undefined> {
  const { dir, base } = posix.parse(path);
  if (!/(?:^|\.)env$/u.test(base)) return undefined;
  const names = [base, base.replace(/^\./u, "")].flatMap((name) => [`${name}.example`, `${name}.sample`]);
  const found = await source.texts(names.map((name) => posix.join(dir, name)));
  const [example, text] = [...found].find(([, one]) => one !== null) ?? [];
  if (example === undefined || typeof text !== "string") return undefined;
  const message = `${base} is missing or cannot be read: the values of ${posix.basename(example)} stand in its place, passwords included.`;
  const remedy = `Copy it to ${path}, write values of your own, and import again.`;
  return { text, issue: { severity: "warning", code: "compose-variable", message, place: { file: base }, remedy } };
}

/** The units; throws like `readProject`. `unitFolder` is where they will lie, if not in the project's folder. */
export function convertProject(
  { project, issues }: ReadProject,
  compose: Pick<ComposeRequest, "secrets" | "allowRisky" | "strict">,
  unitFolder?: string,
): Converted {
  const options = { secrets: compose.secrets, allowRisky: compose.allowRisky, strict: compose.strict };
  const conversion = convertCompose(project, { ...options, ...(unitFolder === undefined ? {} : { unitFolder }) });
  const all = [...issues, ...conversion.issues];
  if (hasError(all)) throw invalid(project.files, all);
  const secrets = conversion.secrets.map((secret): ComposeSecret => {
    const text = secret.value.kind === "environment" ? project.variable(secret.value.variable) : undefined;
    return text === undefined ? secret : { ...secret, value: { kind: "text", text } };
  });
  return { conversion, secrets, issues: all };
}

function hasError(issues: readonly Issue[]): boolean {
  return issues.some(({ severity }) => severity === "error");
}

function invalid(files: readonly string[], issues: readonly Issue[]): PhoenixError {
  const count = issues.filter(({ severity }) => severity === "error").length;
  return new PhoenixError("source-invalid", `Cannot use ${files[0] ?? "it"}: ${count} ${count === 1 ? "error" : "errors"}.`, { issues });
}

const codes = { "not-carried": "compose-not-carried", risky: "compose-risky" } as const;

/** What does not come over as it was written, for whoever deploys without importing first. */
export function reportIssues(report: readonly ReportLine[]): readonly Issue[] {
  return report.flatMap(({ verdict, key, place, message, remedy }): readonly Issue[] =>
    verdict === "changed"
      ? []
      : [{ severity: "warning", code: codes[verdict], message: `${key}: ${message}`, place, ...(remedy === "" ? {} : { remedy }) }],
  );
}
