/** One run of reading: the files asked for, what was found wrong, and which variables were used. */
import { posix } from "node:path";
import type { ErrorCode, Issue, Place } from "../../domain/errors.ts";
import type { MapNode } from "../node.ts";
import type { ComposeInput, VariableUse } from "../read.ts";
import { limits } from "./limits.ts";
import { type ParsedYaml, parseYaml } from "./yaml.ts";

/** The shell calls again with the same map once it has read what was wanted: what it knows by then is not parsed anew. */
const parsedTexts = new WeakMap<ComposeInput["texts"], Map<string, { readonly text: string; readonly parsed: ParsedYaml }>>();

function parseOnce(texts: ComposeInput["texts"], text: string, file: string): ParsedYaml {
  const known = parsedTexts.get(texts) ?? new Map();
  parsedTexts.set(texts, known);
  const before = known.get(file);
  if (before?.text === text) return before.parsed;
  const parsed = parseYaml(text, file);
  known.set(file, { text, parsed });
  return parsed;
}

/** Collects while one call of readCompose lasts; nothing of it outlives the call but texts that were parsed. */
export class Reading {
  readonly input: ComposeInput;
  /** The project folder. */
  readonly folder: string;
  readonly issues: Issue[] = [];
  readonly variables: VariableUse[] = [];
  /** Files that the shell must read first. */
  readonly wants = new Set<string>();
  readonly composeFiles = new Set<string>();
  readonly #documents = new Map<string, readonly MapNode[]>();
  readonly #asked = new Set<string>();
  readonly #told = { error: 0, warning: 0 };
  readonly #warned = new Set<string>();
  #included = 0;
  #inserted = 0;

  constructor(input: ComposeInput) {
    this.input = input;
    this.folder = posix.dirname(input.files[0] ?? "/");
  }

  /** Null where there is none to be had, which a file that was not read yet counts as until it is. */
  text(path: string): string | null {
    this.#asked.add(path);
    return this.#asked.size > limits.files ? this.#tooMany() : this.optionalText(path);
  }

  /** A file that is read only if it is there. */
  optionalText(path: string): string | null {
    const text = this.input.texts.get(path);
    if (text === undefined) this.wants.add(path);
    return text ?? null;
  }

  /** Known not to be readable, and not merely not read yet. */
  isMissing(path: string): boolean {
    return this.input.texts.get(path) === null;
  }

  /** False once more files are included than a project may have: some that include others twice would be read without end. */
  include(): boolean {
    this.#included += 1;
    if (this.#included > limits.files) this.#tooMany();
    return this.#included <= limits.files;
  }

  /** The documents of a Compose file, as written; none where it cannot be read. */
  documents(path: string): readonly MapNode[] {
    const known = this.#documents.get(path);
    if (known !== undefined) return known;
    const text = this.text(path);
    const { nodes, issues } = text === null ? { nodes: [], issues: [] } : parseOnce(this.input.texts, text, this.name(path));
    for (const { code, message, place, remedy } of issues) this.refuse(code, message, place, remedy);
    const documents = nodes.filter((node) => node.kind === "map");
    const stray = nodes.find((node) => node.kind !== "map");
    if (stray !== undefined) this.refuse("compose-syntax", "The file must be a map: `services:` and its like at the top.", stray.place);
    this.#documents.set(path, documents);
    if (text !== null) this.composeFiles.add(path);
    return documents;
  }

  /** A path as a person would name it: from the project folder, absolute where it lies outside. */
  name(path: string): string {
    const relative = posix.relative(this.folder, path);
    return relative === "" || relative.startsWith("../") || relative === ".." ? path : relative;
  }

  refuse(code: ErrorCode, message: string, place?: Place, remedy?: string): void {
    this.#add("error", code, message, place, remedy);
  }

  warn(code: ErrorCode, message: string, place?: Place, remedy?: string): void {
    this.#add("warning", code, message, place, remedy);
  }

  refuseOnce(code: ErrorCode, message: string, place?: Place): void {
    if (!this.issues.some((issue) => issue.code === code && issue.message === message)) this.refuse(code, message, place);
  }

  /** Once a name, at its first place: a variable that is not set is often used in many. */
  warnUnset(name: string, place: Place): void {
    if (this.#warned.has(name)) return;
    this.#warned.add(name);
    this.warn("compose-variable", `The variable ${name} is not set: nothing stands in its place.`, place);
  }

  /** False once variables have put in more than a project may hold. */
  insert(length: number, place: Place): boolean {
    this.#inserted += length;
    if (this.#inserted <= limits.inserted) return true;
    this.refuseOnce("compose-limit", `Variables put more than ${limits.inserted} characters into the project.`, place);
    return false;
  }

  get failed(): boolean {
    return this.#told.error > 0;
  }

  #tooMany(): null {
    this.refuseOnce("compose-limit", `Cannot read the project: it consists of more than ${limits.files} files.`);
    return null;
  }

  #add(severity: Issue["severity"], code: ErrorCode, message: string, place: Place | undefined, remedy: string | undefined): void {
    const told = this.#told[severity] + 1;
    this.#told[severity] = told;
    if (told > limits.issues + 1) return;
    if (told === limits.issues + 1) {
      const rest = `More than ${limits.issues} findings: the others are not listed.`;
      this.issues.push({ severity, code: "compose-limit", message: rest, remedy: "Correct these first." });
      return;
    }
    this.issues.push({ severity, code, message, ...(place === undefined ? {} : { place }), ...(remedy === undefined ? {} : { remedy }) });
  }
}
