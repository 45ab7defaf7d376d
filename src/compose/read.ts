/** Compose files -> one project: interpolated, merged, `extends` and `include` resolved, services of inactive profiles left out. */
import type { Issue, Place } from "../domain/errors.ts";
import type { MapNode } from "./node.ts";
import { readEnvFiles } from "./read/env-files.ts";
import { limits } from "./read/limits.ts";
import { mergeFiles } from "./read/merge-files.ts";
import { activeProfiles, withActiveServices } from "./read/profiles.ts";
import { projectName, withProjectName } from "./read/project-name.ts";
import { Reading } from "./read/reading.ts";
import { environmentVariables, readVariables } from "./read/variables.ts";

export type ComposeInput = {
  /** Absolute paths in the order of `-f`; the first one's folder is the project folder. */
  readonly files: readonly string[];
  /** By absolute path; null: it does not exist, cannot be read, is too large or not UTF-8. */
  readonly texts: ReadonlyMap<string, string | null>;
  /** The caller's environment; it wins over `.env`. */
  readonly env: ReadonlyMap<string, string>;
  /** `--env-file`, absolute; undefined: `.env` of the project folder if it is there. */
  readonly envFiles: readonly string[] | undefined;
  /** `*`: all. Empty: what COMPOSE_PROFILES says. */
  readonly profiles: readonly string[];
  readonly project: string | undefined;
};

export type EnvironmentEntry = { readonly name: string; readonly value: string; readonly place: Place };

/** Where the value of a variable came from. */
export type VariableSource = "environment" | "env-file" | "default" | "unset";
export type VariableUse = { readonly name: string; readonly from: VariableSource; readonly place: Place };

export type ComposeProject = {
  readonly name: string;
  /** Absolute; relative paths in `root` count from here. */
  readonly folder: string;
  /** All Compose files that took part, absolute. */
  readonly files: readonly string[];
  /** Top level: services, networks, volumes, secrets, configs, x-*; `include`, `extends`, `version` and `name` are used up. */
  readonly root: MapNode;
  /** What the services' `env_file` hold, by absolute path. */
  readonly envFiles: ReadonlyMap<string, readonly EnvironmentEntry[]>;
  /** Which variables were used where, names only. */
  readonly variables: readonly VariableUse[];
  /** What a variable stands for, for `environment:` of secrets. A function, so that no value is printed along with the project. */
  readonly variable: (name: string) => string | undefined;
};

export type ComposeRead = { readonly project?: ComposeProject; readonly issues: readonly Issue[] };

/** Files are read by the shell: as long as `wants` is answered, it reads those and calls again. */
export type ComposeWants = { readonly wants: readonly string[] };

export function readCompose(input: ComposeInput): ComposeWants | ComposeRead {
  const reading = new Reading(input);
  const project = readProject(reading);
  if (reading.wants.size > 0) return { wants: [...reading.wants] };
  return project === undefined || reading.failed ? { issues: reading.issues } : { project, issues: reading.issues };
}

function readProject(reading: Reading): ComposeProject | undefined {
  const { files, env, envFiles, profiles } = reading.input;
  const missing = files.filter((file) => reading.text(file) === null && reading.isMissing(file));
  for (const file of missing) {
    const message = `Cannot read ${reading.name(file)}: it is missing, larger than ${limits.bytes} bytes or not UTF-8 text.`;
    reading.refuse("compose-missing", message, { file: reading.name(file) });
  }
  const named = envFiles?.map((path) => ({ path }));
  const outer = readVariables(reading, environmentVariables(env), reading.folder, named);
  const documents = files.flatMap((file) => reading.documents(file));
  if (reading.wants.size > 0 || reading.failed) return undefined;
  if (documents.length === 0) {
    const file = reading.name(files[0] ?? "");
    reading.refuse("compose-syntax", "The file is empty.", { file, line: 1 }, "Write `services:` with at least one service.");
    return undefined;
  }
  const name = projectName(reading, documents, outer);
  if (name === undefined) return undefined;
  const variables = withProjectName(outer, name);
  const whole = mergeFiles({ reading, folder: reading.folder, variables, chain: [], extended: new Map() }, files);
  const root = withActiveServices(reading, whole, activeProfiles(profiles, variables));
  return {
    name,
    folder: reading.folder,
    files: [...reading.composeFiles],
    root,
    envFiles: readEnvFiles(reading, root, variables),
    variables: reading.variables,
    variable: (name) => variables.get(name)?.value,
  };
}
