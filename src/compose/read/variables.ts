/** What a variable stands for: the environment first, then environment files, the last one that names it. */
import { posix } from "node:path";
import type { Place } from "../../domain/errors.ts";
import { parseDotenv } from "./dotenv.ts";
import type { Lookup, Variable } from "./interpolate.ts";
import type { Reading } from "./reading.ts";

export type Variables = ReadonlyMap<string, Variable>;

/** The file that Compose reads by itself. */
const usual = ".env";

export type NamedFile = { readonly path: string; readonly place?: Place };

/** `named`: files that somebody asked for; undefined: `.env` of the folder, if there is one. What `outer` has wins. */
export function readVariables(reading: Reading, outer: Variables, folder: string, named: readonly NamedFile[] | undefined): Variables {
  const found = new Map<string, Variable>();
  const lookup: Lookup = (name) => outer.get(name) ?? found.get(name);
  for (const { path, place } of named ?? [{ path: posix.join(folder, usual) }]) {
    const text = named === undefined ? reading.optionalText(path) : reading.text(path);
    if (text === null) {
      if (named !== undefined && reading.isMissing(path)) {
        const message = `Cannot read the environment file ${reading.name(path)}: it is missing, too large or not UTF-8 text.`;
        reading.refuse("compose-missing", message, place);
      }
      continue;
    }
    for (const { name, value } of parseDotenv(text, reading.name(path), reading, lookup)) found.set(name, { value, from: "env-file" });
  }
  return new Map([...found, ...outer]);
}

export function environmentVariables(env: ReadonlyMap<string, string>): Variables {
  return new Map([...env].map(([name, value]) => [name, { value, from: "environment" }]));
}
