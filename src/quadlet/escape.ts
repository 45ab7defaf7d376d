/**
 * Values both ways. Two programs read a value one after the other: first Podman's generator (quotes, C escapes), then systemd, which
 * expands `%` specifiers and `$` variables in the command line that the generator wrote. `readValue` undoes the first only, so that
 * `%h` and `$$` in a user's file keep their meaning. `writeValue` takes a literal string and guards it against both; what a key cannot
 * carry is refused, never bent.
 */
import type { Issue } from "../domain/errors.ts";
import { keyRow, type ParseClass } from "./keys.ts";
import type { UnitType } from "./names.ts";
import { splitWords, trimLine } from "./words.ts";

export type Read = { readonly values: readonly string[] } | { readonly issues: readonly Issue[] };
export type Written = { readonly text: string } | { readonly issue: Issue };

/** Keeps `%` and `$` literal through systemd. */
export function doubleSpecials(text: string): string {
  return text.replace(/[%$]/gu, "$&$&");
}

/** What systemd makes of doubled specials, other specifiers and variables left as they are. */
export function undoubleSpecials(text: string): string {
  return text.replace(/%%|\$\$/gu, (pair) => pair[0] ?? "");
}

/**
 * What the generator understands of a key's raw values (resets already applied: see `lookupAll`). Scalars give at most one value,
 * word lists one a word, `Environment=`-like keys `NAME=value` items.
 */
export function readValue(type: UnitType, key: string, rawValues: readonly string[]): Read {
  const parse = keyRow(type, key)?.parse ?? "scalar";
  const counted = parse === "scalar" || parse === "bool" || parse === "args-last" ? rawValues.slice(-1) : rawValues;
  const read = counted.map((raw) => readers[parse](raw));
  const issues = read.flatMap((one) => ("problem" in one ? [escapeIssue(`${key}= ${one.problem}.`)] : []));
  if (issues.length > 0) return { issues };
  return { values: read.flatMap((one) => ("words" in one ? one.words : [])).filter((value) => value !== "") };
}

type Reader = (raw: string) => ReturnType<typeof splitWords>;

const readers: Readonly<Record<ParseClass, Reader>> = {
  scalar: (raw) => ({ words: [stripQuotes(raw)] }),
  bool: (raw) => ({ words: [stripQuotes(raw)] }),
  "list-verbatim": (raw) => ({ words: [raw] }),
  "list-words": (raw) => splitWords(raw, "words"),
  "list-args": (raw) => splitWords(raw, "args"),
  "args-last": (raw) => splitWords(raw, "args"),
  keyval: (raw) => splitWords(raw, "args"),
};

/** One pair of outer quotes goes, as since Podman 5.8.2; before, all of them did, which `validateDocument` refuses. */
function stripQuotes(raw: string): string {
  return /^".*"$/su.test(raw) && raw.length >= 2 ? raw.slice(1, -1) : raw;
}

/**
 * A literal value as raw text for one line of a key, or why the key cannot carry it. Several words (a command, or a list on one line)
 * are given as an array; only keys that are split into words take them.
 */
export function writeValue(type: UnitType, key: string, value: string | readonly string[]): Written {
  const parse = keyRow(type, key)?.parse;
  if (parse === undefined) return { issue: { severity: "error", code: "unit-key", message: `.${type} files have no key ${key}=.` } };
  const values = typeof value === "string" ? [value] : value;
  const row = writers[parse];
  if (values.length !== 1 && !row.splits) return { issue: escapeIssue(`${key}= takes one value a line, not ${values.length}.`) };
  if (values.length === 0) return { issue: escapeIssue(`${key}= needs a value.`) };
  for (const one of values) {
    const problem = refuseAlways(one, parse) ?? row.refuse(one);
    if (problem !== undefined) return { issue: escapeIssue(`${key}= cannot carry ${JSON.stringify(clip(one))}: ${problem}.`) };
  }
  return { text: values.map((one) => row.write(one)).join(" ") };
}

type Writer = {
  readonly splits: boolean;
  readonly refuse: (value: string) => string | undefined;
  readonly write: (value: string) => string;
};

const args: Writer = { splits: true, refuse: () => undefined, write: (value) => quoteArgument(doubleSpecials(value)) };
const verbatim: Writer = { splits: false, refuse: refuseVerbatim, write: doubleSpecials };

const writers: Readonly<Record<ParseClass, Writer>> = {
  scalar: { ...verbatim, refuse: refuseScalar },
  bool: { ...verbatim, refuse: (value) => (/^(?:true|false)$/u.test(value) ? undefined : "it takes only true or false") },
  "list-verbatim": verbatim,
  "list-words": { splits: true, refuse: refuseVerbatimLine, write: (value) => quoteWord(doubleSpecials(value)) },
  "list-args": args,
  "args-last": args,
  keyval: { ...args, refuse: (value) => (/^[^=]+=/u.test(value) ? undefined : "it takes NAME=value") },
};

function refuseAlways(value: string, parse: ParseClass): string | undefined {
  if (value === "") return "an empty value would be lost";
  if (value.includes("\0")) return "a NUL character cuts a line off";
  if (/\p{Surrogate}/u.test(value)) return "it is not valid Unicode";
  // Whoever reads the file takes it for a byte that is no UTF-8, as it mostly is.
  if (value.includes("\u{FFFD}")) return "it holds U+FFFD, which stands for a character that could not be read";
  // systemd takes a lone semicolon for the end of a command, and the generator cannot write it otherwise.
  if (value === ";" && parse !== "keyval") return "a lone ; ends the command for systemd; put it inside sh -c '…'";
  // The generator writes this one character as a byte, which is no UTF-8.
  return value.includes("\u{80}") ? "the generator garbles the control character U+0080" : undefined;
}

const instead = "use a key that takes quoted words, such as PodmanArgs=";

function refuseVerbatimLine(value: string): string | undefined {
  if (value.includes("\n")) return `a line break would start another setting; ${instead}`;
  return undefined;
}

function refuseVerbatim(value: string): string | undefined {
  if (trimLine(value) !== value) return `space at its start or end is trimmed; ${instead}`;
  if (value.endsWith("\\")) return `a backslash at its end would join the next line to it; ${instead}`;
  return refuseVerbatimLine(value);
}

/** Podman 5.0 to 5.8.1 strip any quote at either end, which broke health commands. */
function refuseScalar(value: string): string | undefined {
  if (/^"|"$/u.test(value)) return "a double quote at its start or end is stripped by Podman 5.0 to 5.8.1; use single quotes";
  return refuseVerbatim(value);
}

const namedEscapes: Readonly<Record<string, string>> = { "\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t" };

const plainWord = /^[\w@%+=:,./$-]+$/u;

/** One word in double quotes, with C escapes; unquoted where nothing needs it. */
function quoteArgument(word: string): string {
  if (plainWord.test(word)) return word;
  const inner = word.replace(
    /["\\\p{Cc}]/gu,
    (one) => namedEscapes[one] ?? `\\x${(one.codePointAt(0) ?? 0).toString(16).padStart(2, "0")}`,
  );
  return `"${inner}"`;
}

/** One word where backslashes stay and only quotes are removed: each kind of quote stands within the other. */
function quoteWord(word: string): string {
  if (plainWord.test(word)) return word;
  return (word.match(/"+|[^"]+/gu) ?? []).map((part) => (part.startsWith('"') ? `'${part}'` : `"${part}"`)).join("");
}

function escapeIssue(message: string): Issue {
  return { severity: "error", code: "unit-escape", message };
}

function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
