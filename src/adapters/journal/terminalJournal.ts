import type { Journal } from "../../ports/store.ts";
import { humanLine } from "./lines.ts";
import { journalTo } from "./logger.ts";

/** What a verb says while it works: to stderr, so that stdout stays the answer. `verbose` shows priority 7 as well. */
export function terminalJournal({ verbose }: { readonly verbose: boolean }): Journal {
  const { NO_COLOR: noColour = "" } = process.env;
  const coloured = process.stderr.isTTY === true && noColour === "";
  return journalTo((entry) => void process.stderr.write(humanLine(entry, coloured)), verbose ? 7 : 6);
}
