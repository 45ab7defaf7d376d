/** `.env` and `env_file` by Compose's rules: export, quotes over several lines, escapes, inline comments, variables. */
import type { Place } from "../../domain/errors.ts";
import type { EnvironmentEntry } from "../read.ts";
import { interpolate, type Lookup, mayBeSecret, type Use } from "./interpolate.ts";
import { limits } from "./limits.ts";
import type { Reading } from "./reading.ts";

const escapes: Readonly<Record<string, string>> = {
  a: "\u0007",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  '"': '"',
  "\\": "\\",
  // The variable's own way of writing a dollar sign that means nothing.
  $: "$$",
};

/** The variables in order, the last of a name only; up to the first line that cannot be read, which is told. */
export function parseDotenv(text: string, file: string, reading: Reading, outer: Lookup): readonly EnvironmentEntry[] {
  const found = new Map<string, EnvironmentEntry>();
  if (!isReadable(text, file, reading)) return [];
  const lookup: Lookup = (name) => {
    const own = found.get(name);
    return outer(name) ?? (own === undefined ? undefined : { value: own.value, from: "env-file" });
  };
  const scanner = new Scanner(text);
  for (;;) {
    while (scanner.take(/\s+/uy) !== "" || scanner.take(/#[^\n]*/uy) !== "");
    if (scanner.atEnd) return [...found.values()];
    const place: Place = { file, line: scanner.line };
    scanner.skip(/export[^\S\n]+/uy);
    const name = scanner.take(/[\p{L}\p{N}_.[\]-]*/uy);
    scanner.skip(/[^\S\n]*/uy);
    if (scanner.atEnd || scanner.take(/\n|#[^\n]*/uy) !== "") {
      const inherited = outer(name);
      if (inherited !== undefined) found.set(name, { name, value: inherited.value, place });
      continue;
    }
    if (name === "" || scanner.take(/[=:]/uy) === "") {
      reading.refuse("compose-syntax", "This line is not NAME=value; a value of several lines needs quotes.", place, remedy);
      return [...found.values()];
    }
    scanner.skip(/[^\S\n]*/uy);
    const value = takeValue(scanner, { reading, lookup, place, secret: mayBeSecret(name) });
    if (value === undefined) return [...found.values()];
    found.delete(name);
    found.set(name, { name, value, place });
  }
}

const remedy = "Write NAME=value, with letters, digits, `_`, `.` and `-` in the name.";

function takeValue(scanner: Scanner, use: Use): string | undefined {
  const { reading, place } = use;
  const mark = scanner.take(/["']/uy);
  if (mark === "") {
    const raw = scanner.take(/[^\n]*/uy);
    const comment = raw.indexOf(" #");
    return interpolate((comment === -1 ? raw : raw.slice(0, comment)).trimEnd(), use);
  }
  const body = scanner.takeBody(mark);
  if (body === undefined) {
    reading.refuse(
      "compose-syntax",
      `The quote ${mark} that begins this value is never closed.`,
      place,
      "Close it, or write the value without.",
    );
    return undefined;
  }
  const rest = scanner.take(/[^\n]*/uy).trim();
  if (rest !== "" && !rest.startsWith("#"))
    reading.warn("compose-syntax", "What follows the closing quote is left out.", place, "Put all of the value into the quotes.");
  if (mark === "'") return body.replaceAll("\\'", "'");
  const text = unescaped(body);
  if (text.includes("\0")) reading.refuse("compose-syntax", "This value holds a NUL: no variable can.", place);
  return interpolate(text, use);
}

/** Escapes that Compose does not know keep their backslash. */
function unescaped(text: string): string {
  return text.replace(/\\(?:0([0-7]{3})|([abfnrtv$"\\]))/gu, (_, octal: string | undefined, letter: string | undefined) =>
    letter === undefined ? String.fromCharCode(Number.parseInt(octal ?? "0", 8)) : (escapes[letter] ?? letter),
  );
}

/** `format: raw`: each line as it stands, quotes and dollar signs too. */
export function parseRawEnvironment(text: string, file: string, reading: Reading, outer: Lookup): readonly EnvironmentEntry[] {
  const found = new Map<string, EnvironmentEntry>();
  if (!isReadable(text, file, reading)) return [];
  for (const [index, line] of text
    .replace(/^\ufeff/u, "")
    .split(/\r?\n/u)
    .entries()) {
    const place: Place = { file, line: index + 1 };
    const pair = line.trimStart();
    if (pair === "" || pair.startsWith("#")) continue;
    const equals = pair.indexOf("=");
    const name = equals === -1 ? pair : pair.slice(0, equals);
    const value = equals === -1 ? outer(name)?.value : pair.slice(equals + 1);
    if (name === "" || /\s/u.test(name)) reading.refuse("compose-syntax", "This line is not NAME=value.", place, remedy);
    else if (value !== undefined) found.set(name, { name, value, place });
  }
  return [...found.values()];
}

function isReadable(text: string, file: string, reading: Reading): boolean {
  if (Buffer.byteLength(text) > limits.environmentBytes)
    reading.refuse("compose-limit", `Cannot read ${file}: it is longer than ${limits.environmentBytes} bytes.`, { file });
  else if (text.includes("\0")) reading.refuse("compose-syntax", `Cannot read ${file}: it holds a NUL byte.`, { file });
  else return true;
  return false;
}

/** A place in a text that only moves on; patterns are sticky. */
class Scanner {
  line = 1;
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text.replace(/^\ufeff/u, "");
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text)?.[0] ?? "";
    this.#at += found.length;
    this.line += found.split("\n").length - 1;
    return found;
  }

  skip(pattern: RegExp): void {
    this.take(pattern);
  }

  /** Up to the closing quote, which is taken too; undefined where there is none. */
  takeBody(mark: string): string | undefined {
    for (let end = this.#at; end < this.#text.length; end += 1) {
      if (this.#text[end] === "\\") end += 1;
      else if (this.#text[end] === mark) {
        const body = this.#text.slice(this.#at, end);
        this.line += body.split("\n").length - 1;
        this.#at = end + 1;
        return body;
      }
    }
    return undefined;
  }
}
