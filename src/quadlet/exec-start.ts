/** Reads back the commands of a generated service. */
import { lookupAll } from "./document.ts";
import { parseDocument } from "./parse.ts";
import { splitWords } from "./words.ts";

/** The words of the command that a generated service starts; `%` and `$` still doubled. Empty if there is none. */
export function parseExecStart(generatedText: string, line = "ExecStart"): readonly string[] {
  return parseCommands(generatedText, line).at(-1) ?? [];
}

/** The same for every line of that name: `ExecStartPre=` and `ExecStopPost=` may come from the user as well. */
export function parseCommands(generatedText: string, line: string): readonly (readonly string[])[] {
  const { document } = parseDocument(generatedText, "generated.service");
  return lookupAll(document, "Service", line).map((raw) => {
    const split = splitWords(raw, "args");
    return "words" in split ? split.words : [];
  });
}
