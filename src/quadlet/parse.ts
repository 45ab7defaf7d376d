/**
 * Text -> document, without loss, reading each line exactly as Podman's generator does. The generator drops *every* unit of a
 * directory for one line that it cannot read, so whatever it refuses is an error here, with its place.
 */
import type { Issue } from "../domain/errors.ts";
import type { Entry, Filler, Section, UnitDocument } from "./document.ts";
import { trimLine } from "./words.ts";

export type Parsed = { readonly document: UnitDocument; readonly issues: readonly Issue[] };

export const maxUnitBytes = 1024 * 1024;

/** `open`: the file ended while a continued line still waited for its rest. `gap`: a blank line stands within it. */
type Line = { readonly raw: string; readonly text: string; readonly line: number; readonly open: boolean; readonly gap: boolean };

/** The document of a unit file, and what is wrong with its syntax. The document is whole even where lines are broken. */
export function parseDocument(text: string, file: string): Parsed {
  const issues: Issue[] = fileIssues(text, file);
  const preamble: Entry[] = [];
  const sections: (Section & { readonly entries: Entry[] })[] = [];
  const refuse = (line: number, message: string): void => {
    issues.push({ severity: "error", code: "unit-syntax", message, place: { file, line } });
  };
  const size = Buffer.byteLength(text);
  if (size > maxUnitBytes) {
    refuse(1, `Cannot read ${file}: it is ${size} bytes long, the limit is ${maxUnitBytes}.`);
    return { document: { file, preamble: [{ kind: "broken", raw: text, file, line: 1 }], sections }, issues };
  }
  for (const { raw, text: content, line, open, gap } of logicalLines(text)) {
    const into = sections.at(-1)?.entries ?? preamble;
    const origin = { raw, file, line };
    if (open)
      refuse(line, "The file ends in the middle of this continued line: after a backslash at the end of a line, one more must follow.");
    if (gap && !open) {
      const message = "A blank line does not end a continued line: what follows it was read as part of this one.";
      issues.push({ severity: "warning", code: "unit-syntax", message, place: { file, line } });
    }
    const header = /^\[([^\]]*)\][ \t]*$/u.exec(content)?.[1];
    if (content === "" || /^[#;]/u.test(content)) {
      into.push({ kind: content === "" ? "blank" : "comment", ...origin });
    } else if (header !== undefined && isSectionName(header)) {
      sections.push({ name: header, lead: takeLead(into), entries: [], ...origin });
    } else {
      const pair = /^([^=[][^=]*)=(.*)$/su.exec(content);
      const problem = lineProblem(content, pair !== null, sections.length > 0);
      if (problem !== undefined) refuse(line, problem);
      into.push(
        pair === null
          ? { kind: "broken", ...origin }
          : { kind: "pair", key: trimLine(pair[1] ?? ""), value: trimLine(pair[2] ?? ""), ...origin },
      );
    }
  }
  return { document: { file, preamble, sections }, issues };
}

function lineProblem(content: string, isPair: boolean, inSection: boolean): string | undefined {
  if (content.startsWith("[")) return `"${clip(content)}" is not a section header: it must be one name in brackets, alone on its line.`;
  if (!isPair) return `"${clip(content)}" is neither Key=value, nor a [Section], nor a comment.`;
  return inSection ? undefined : `"${clip(content)}" stands before the first [Section].`;
}

/** Lines with their continuations joined as the generator joins them: without a space, comments and blank lines between skipped. */
function* logicalLines(text: string): Generator<Line> {
  const lines = text.match(/[^\n]*\n|[^\n]+$/gu) ?? [];
  let raw = "";
  let joined = "";
  let start = 1;
  let gap = false;
  for (const [index, physical] of lines.entries()) {
    const content = trimLine(physical);
    const skipped = joined !== "" && /^(?:[#;]|$)/u.test(content);
    const continued = !/^[#;]/u.test(content) && content.endsWith("\\");
    if (raw === "") start = index + 1;
    raw += physical;
    gap ||= skipped && content === "";
    if (!skipped) joined += continued ? content.slice(0, -1) : content;
    const open = skipped || (continued && joined !== "");
    if (open && index < lines.length - 1) continue;
    yield { raw, text: joined, line: start, open, gap };
    raw = "";
    joined = "";
    gap = false;
  }
}

/** Comments directly above a header move to it, so that they go where it goes. */
function takeLead(entries: Entry[]): readonly Filler[] {
  const from = entries.findLastIndex((entry) => entry.kind !== "comment") + 1;
  return entries.splice(from).filter((entry): entry is Filler => entry.kind === "comment");
}

function isSectionName(name: string): boolean {
  return name !== "" && !/[[\p{Cc}]/u.test(name);
}

function fileIssues(text: string, file: string): Issue[] {
  const found: Issue[] = [];
  const refuse = (message: string, at: number): void => {
    found.push({ severity: "error", code: "unit-syntax", message, place: { file, line: text.slice(0, at).split("\n").length } });
  };
  if (text.startsWith("\u{FEFF}")) refuse("The file starts with a byte order mark, which the generator cannot read.", 0);
  const nul = text.indexOf("\0");
  if (nul >= 0) refuse("The line holds a NUL character, which would cut it off.", nul);
  const notUtf8 = text.indexOf("\u{FFFD}");
  if (notUtf8 >= 0) refuse("The line is not UTF-8.", notUtf8);
  return found;
}

function clip(text: string): string {
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
