/**
 * Splitting a value into words as systemd and Podman's generator do. Where the generator drops a line without a word (an escape it
 * does not know, an empty word in the middle), this says so instead.
 */
export type Split = { readonly words: readonly string[]; readonly note?: string } | { readonly problem: string };

/** `args` unquotes and reads C escapes; `words` unquotes and keeps every backslash. */
export type SplitMode = "args" | "words";

const simpleEscapes: Readonly<Record<string, string>> = {
  a: "\x07",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
  v: "\v",
  "\\": "\\",
  '"': '"',
  "'": "'",
  s: " ",
};

const numericEscape = /^(?:x([\da-fA-F]{2})|u([\da-fA-F]{4})|U([\da-fA-F]{8})|([0-7]{3}))/u;

/** Go's idea of white space, which the generator trims lines with; JavaScript's differs in U+0085 and U+FEFF. */
const space = "[\\t-\\r \\x85\\xA0\\u1680\\u2000-\\u200A\\u2028\\u2029\\u202F\\u205F\\u3000]";
const outerSpace = new RegExp(`^${space}+|${space}+$`, "gu");

export function trimLine(text: string): string {
  return text.replace(outerSpace, "");
}

/** The words of a value, or why the generator would lose some of it. */
export function splitWords(text: string, mode: SplitMode): Split {
  const words: string[] = [];
  let note: string | undefined;
  let at = 0;
  while (at < text.length) {
    if (isSeparator(text[at])) {
      at += 1;
      continue;
    }
    const word = readWord(text, at, mode);
    if ("problem" in word) return word;
    // The generator takes an empty word for the end of the line.
    if (word.value === "")
      return { problem: "has an empty word (two quotes with nothing between): it would be lost, and everything after it" };
    words.push(word.value);
    note ??= word.note;
    at = word.end;
  }
  return note === undefined ? { words } : { words, note };
}

type Word = { readonly value: string; readonly end: number; readonly note?: string } | { readonly problem: string };

function readWord(text: string, start: number, mode: SplitMode): Word {
  let value = "";
  let quote = "";
  let at = start;
  while (at < text.length) {
    const character = text[at] ?? "";
    if (quote === "" && isSeparator(character)) break;
    if (character === "\\" && mode === "args") {
      const read = readEscape(text.slice(at + 1, at + 10));
      if (read === undefined)
        return { problem: `has the escape \\${text[at + 1] ?? ""}, which does not exist: the line would silently vanish` };
      value += read.value;
      at += 1 + read.length;
      continue;
    }
    if (quote === "" ? character === '"' || character === "'" : character === quote) quote = quote === "" ? character : "";
    else value += character;
    at += 1;
  }
  if (quote === "") return { value, end: at };
  const unclosed = `has a quote (${quote}) that is never closed`;
  return mode === "args" ? { value, end: at, note: unclosed } : { problem: `${unclosed}: the line would silently vanish` };
}

function readEscape(rest: string): { readonly value: string; readonly length: number } | undefined {
  const simple = simpleEscapes[rest[0] ?? ""];
  if (simple !== undefined) return { value: simple, length: 1 };
  const match = numericEscape.exec(rest);
  if (match === null) return undefined;
  const [whole, hex, short, long, octal] = match;
  const code = octal === undefined ? Number.parseInt(hex ?? short ?? long ?? "", 16) : Number.parseInt(octal, 8);
  if (code === 0 || code > (octal === undefined ? 0x10ffff : 0xff)) return undefined;
  return { value: String.fromCodePoint(code), length: whole.length };
}

function isSeparator(character: string | undefined): boolean {
  return character === " " || character === "\t" || character === "\n" || character === "\r";
}
