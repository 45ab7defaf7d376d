/** Commands: split as a shell would, written so that each word arrives as it is. */
import { writeValue } from "../../quadlet/escape.ts";
import type { ComposeNode } from "../node.ts";
import type { ServiceDraft } from "./drafts.ts";
import { refuse } from "./notes.ts";
import { put, putArguments, putInto, putRaw } from "./unit.ts";
import { itemsOf, textOf } from "./values.ts";

/** The words of a command: a list's items, or a text split at its spaces. Undefined: a quote is never closed. */
export function wordsOf(node: ComposeNode): readonly string[] | undefined {
  return node.kind === "list" ? itemsOf(node).map(textOf) : splitShell(textOf(node));
}

/** Quotes and backslashes as in a POSIX shell; nothing is expanded. */
export function splitShell(text: string): readonly string[] | undefined {
  const words: string[] = [];
  let word: string | undefined;
  let quote = "";
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? "";
    const next = text[at + 1];
    if (character === "\\" && quote !== "'" && next !== undefined && (quote === "" || '"\\$`\n'.includes(next))) {
      if (next !== "\n") word = (word ?? "") + next;
      at += 1;
    } else if (quote === "" ? character === '"' || character === "'" : character === quote) {
      quote = quote === "" ? character : "";
      word ??= "";
    } else if (quote === "" && /\s/u.test(character)) {
      if (word !== undefined) words.push(word);
      word = undefined;
    } else {
      word = (word ?? "") + character;
    }
  }
  if (quote !== "") return undefined;
  return word === undefined ? words : [...words, word];
}

/** Words that the generator would lose or systemd would take for its own: they come by way of a variable of the service. */
const byVariable: ReadonlyMap<string, string> = new Map([
  ["", "EMPTY"],
  [";", "SEMICOLON"],
]);

export function putCommand(node: ComposeNode, { unit, notes }: ServiceDraft, path: string): void {
  const words = wordsOf(node);
  if (words === undefined) {
    refuse(notes, path, node.place, "it has a quote that is never closed");
    return;
  }
  if (words.length === 0) return;
  const parts = words.map((word) => {
    const variable = byVariable.get(word);
    return variable === undefined ? writeValue("container", "Exec", word) : { text: `\${${variable}}` };
  });
  const problem = parts.find((part) => "issue" in part);
  if (problem !== undefined && "issue" in problem) {
    put(unit, "Exec", words, { path, place: node.place }, notes);
    return;
  }
  putRaw(unit, "Exec", parts.map((part) => ("text" in part ? part.text : "")).join(" "), node.place);
  for (const [word, variable] of byVariable) {
    if (words.includes(word)) putInto(unit, "Service", "Environment", `${variable}=${word}`, node.place);
  }
}

/** One plain word as it is, others as JSON. An empty one takes the image's away. */
export function putEntrypoint(node: ComposeNode, { unit, notes }: ServiceDraft, path: string): void {
  const from = { path, place: node.place };
  const words = wordsOf(node);
  if (words === undefined) {
    refuse(notes, path, node.place, "it has a quote that is never closed");
    return;
  }
  const isNothing = words.length === 0 || (words.length === 1 && words[0] === "");
  if (isNothing) {
    putArguments(unit, ["--entrypoint="], from, notes);
    return;
  }
  const [only = "", ...more] = words;
  const isPlain = more.length === 0 && /^[\w./-]+$/u.test(only);
  put(unit, "Entrypoint", isPlain ? only : jsonList(words), from, notes);
}

/** JSON on one line, as a person spaces it. */
export function jsonList(words: readonly string[]): string {
  return `[${words.map((word) => JSON.stringify(word)).join(", ")}]`;
}
