/** Reads back the commands of a generated service, as systemd will: it trims ASCII space only, unlike the generator's own parser. */
import { splitWords } from "./words.ts";

/** The words of the command that a generated service starts; `%` and `$` still doubled. Empty if there is none. */
export function parseExecStart(generatedText: string, line = "ExecStart"): readonly string[] {
  return parseCommands(generatedText, line).at(-1) ?? [];
}

/** The same for every line of that name: `ExecStartPre=` and `ExecStopPost=` may come from the user as well. */
export function parseCommands(generatedText: string, line: string): readonly (readonly string[])[] {
  const commands: (readonly string[])[] = [];
  let section = "";
  for (const text of generatedText.split("\n")) {
    section = /^\[(.*)\]$/u.exec(text)?.[1] ?? section;
    if (section !== "Service" || !text.startsWith(`${line}=`)) continue;
    const split = splitWords(text.slice(line.length + 1), "args");
    commands.push("words" in split ? split.words : []);
  }
  return commands;
}
