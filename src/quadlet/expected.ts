/**
 * What the generator must make of a document. It drops lines without a word (a bad escape, a value it cannot split), and the order of
 * its output is random, so a deploy compares what was meant with what came out, as multisets of flag-and-value groups.
 */
import { lookupLast, lookupPairs, sectionPairs, type UnitDocument } from "./document.ts";
import { readValue } from "./escape.ts";
import { parseCommands } from "./exec-start.ts";
import { type KeyRow, keyRow } from "./keys.ts";
import { meanings } from "./meanings.ts";
import { typeSection, type UnitType } from "./names.ts";
import type { References } from "./references.ts";

export { parseExecStart } from "./exec-start.ts";
export { objectNames, type References } from "./references.ts";

/** One thing a document says: words that must stand together in a command, in one of the ways that generators write it. */
export type Fact = { readonly key: string; readonly line: string; readonly ways: readonly (readonly string[])[]; readonly raw: string };

/** Every fact of the type's own section. */
export function expectedFacts(document: UnitDocument, type: UnitType, references: References = {}): readonly Fact[] {
  const keys = new Set(sectionPairs(document, typeSection(type)).map((pair) => pair.key));
  return [...keys].flatMap((key) => {
    const row = keyRow(type, key);
    return row === undefined ? [] : keyFacts(document, type, row, references);
  });
}

/** The same as text, `--env A=b`, in the words of the generated command: `%` and `$` doubled, quotes and escapes gone. */
export function expectedArguments(document: UnitDocument, type: UnitType, references: References = {}): readonly string[] {
  return expectedFacts(document, type, references).map((fact) => (fact.ways[0] ?? [fact.raw]).join(" "));
}

/** The intended arguments that the generated service lacks, each as a person would write it. */
export function missingArguments(
  document: UnitDocument,
  type: UnitType,
  generatedServiceText: string,
  references: References = {},
): readonly string[] {
  const counters = new Map<string, (words: readonly string[]) => number>();
  const counter = (line: string): ((words: readonly string[]) => number) => {
    const known = counters.get(line) ?? countGroups(parseCommands(generatedServiceText, line));
    counters.set(line, known);
    return known;
  };
  const wanted = new Map<string, number>();
  return expectedFacts(document, type, references).flatMap((fact) => {
    const isThere = fact.ways.some((words) => {
      const group = `${fact.line}=${JSON.stringify(words)}`;
      const count = (wanted.get(group) ?? 0) + 1;
      wanted.set(group, count);
      return counter(fact.line)(words) >= count;
    });
    return isThere ? [] : [`${fact.key}=${fact.raw}`];
  });
}

/** How often words stand together in a list of commands. */
function countGroups(commands: readonly (readonly string[])[]): (words: readonly string[]) => number {
  return (words) => {
    let count = 0;
    for (const command of commands) {
      for (let at = 0; at + words.length <= command.length; at += 1) {
        if (words.every((word, index) => command[at + index] === word)) count += 1;
      }
    }
    return count;
  };
}

function keyFacts(document: UnitDocument, type: UnitType, row: KeyRow, references: References): readonly Fact[] {
  const pairs = lookupPairs(document, typeSection(type), row.key);
  const parts = row.argument?.split(" ");
  if (parts === undefined || pairs.length === 0) return [];
  const [first = "", ...others] = parts;
  const isElsewhere = first.startsWith("Exec");
  const line = isElsewhere ? first : type === "pod" ? "ExecStartPre" : "ExecStart";
  const pattern = isElsewhere ? others : parts;
  const raw = pairs.map((pair) => pair.value);
  const fact = (ways: Fact["ways"], from: string): Fact => ({ key: row.key, line, ways, raw: from });
  const read = readValue(type, row.key, raw);
  if ("issues" in read) return [fact([], raw.join(" "))];
  const values = row.parse === "keyval" ? lastAssignments(read.values) : read.values;
  const own = meanings[`${type}.${row.key}`] ?? meanings[row.key];
  if (own !== undefined) {
    const ask = (key: string, section = typeSection(type)): string | undefined => {
      const last = lookupLast(document, section, key);
      const known = last === undefined ? undefined : readValue(type, key, [last]);
      return known !== undefined && "values" in known ? known.values[0] : undefined;
    };
    return values.flatMap((value) => {
      const meant = own(value, { ask, references });
      if (meant === undefined) return [];
      return [fact(typeof meant === "string" ? [fill(pattern, meant)] : meant, value)];
    });
  }
  if (row.parse === "bool") return values.flatMap((value) => switchWords(pattern, value).map((words) => fact([words], value)));
  // A command and a list of further arguments stand together as they are.
  if (pattern.join(" ") === "*" && row.parse.includes("args")) return values.length === 0 ? [] : [fact([values], raw.join(" "))];
  return values.map((value) => fact([fill(pattern, value)], value));
}

function fill(pattern: readonly string[], value: string): readonly string[] {
  return pattern.map((part) => part.replace("*", () => value));
}

/** A switch that is off is written `--init=false`, or left out where its argument is more than a name. */
function switchWords(pattern: readonly string[], value: string): readonly (readonly string[])[] {
  if (/^(?:1|yes|true|on)$/iu.test(value)) return [pattern];
  const [only = ""] = pattern;
  return pattern.length === 1 && !only.includes("=") ? [[`${only}=false`]] : [];
}

/** `A=1 A=2 B` -> `A=2`: the last of a name counts, and a bare name is dropped before Podman 5.6. */
function lastAssignments(items: readonly string[]): readonly string[] {
  const last = new Map<string, string>();
  for (const item of items) {
    const equals = item.indexOf("=");
    if (equals > 0) last.set(item.slice(0, equals), item);
  }
  return [...last.values()];
}
