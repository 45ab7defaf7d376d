/**
 * A case is a folder of test/cases: `source/` is what a person wrote, `expect.txt` is every word they are told, the folder's name says
 * what it shows. Files that Git cannot carry stand in `make.json` (path -> text, or {"link": target}, {"base64": bytes},
 * {"folder": true}). `case.json` may say {"name", "podmanVersion", "others"}.
 */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

type Made = string | { readonly link: string } | { readonly base64: string } | { readonly folder: true };
export type CaseSettings = {
  readonly name?: string;
  readonly podmanVersion?: string;
  readonly others?: Readonly<Record<string, string>>;
};

export const casesPath = join(import.meta.dirname, "../cases");

export function caseNames(): readonly string[] {
  return readdirSync(casesPath).sort();
}

/** Makes the case's source in a new folder. */
export function makeCase(name: string, target: string): CaseSettings {
  const casePath = join(casesPath, name);
  mkdirSync(target, { recursive: true });
  if (existsSync(join(casePath, "source"))) cpSync(join(casePath, "source"), target, { recursive: true, verbatimSymlinks: true });
  for (const [path, made] of Object.entries(readJson<Record<string, Made>>(join(casePath, "make.json")))) make(join(target, path), made);
  return readJson<CaseSettings>(join(casePath, "case.json"));
}

function make(path: string, made: Made): void {
  mkdirSync(dirname(path), { recursive: true });
  if (typeof made === "string") writeFileSync(path, made);
  else if ("link" in made) symlinkSync(made.link, path);
  else if ("base64" in made) writeFileSync(path, Buffer.from(made.base64, "base64"));
  else mkdirSync(path, { recursive: true });
}

function readJson<T extends object>(path: string): Partial<T> & T {
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as T) : ({} as T);
}
