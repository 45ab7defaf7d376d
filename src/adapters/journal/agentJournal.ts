import { write } from "node:fs";
import { promisify } from "node:util";
import type { Journal } from "../../ports/store.ts";
import type { Entry } from "./entry.ts";
import { humanLine, prefixedLine } from "./lines.ts";
import { journalTo } from "./logger.ts";
import { encodeEntry } from "./native.ts";

const writeFd = promisify(write);
const identifier = "phoenix";
/** A journald that is stalled must not make us grow. */
const mostWaiting = 1_000;

/** `flush` resolves when everything said so far was handed over. */
export type AgentJournal = Journal & { readonly flush: () => Promise<void> };

/** The agent's journal: native entries through the open file `journal`, else `<N>` lines for journald, else lines for a person. */
export function agentJournal(service: { readonly openFiles: ReadonlyMap<string, number>; readonly toJournal: boolean }): AgentJournal {
  const fd = service.openFiles.get("journal");
  const line = service.toJournal ? prefixedLine : (entry: Entry) => humanLine(entry, false);
  const print = (entry: Entry): void => void process.stdout.write(line(entry));
  if (fd === undefined) return { ...journalTo(print), flush: async () => {} };

  let last = Promise.resolve();
  let waiting = 0;
  let lost = 0;
  const send = async (entry: Entry): Promise<void> => {
    const buffer = encodeEntry(entry, identifier);
    // Its own thread: a write to a stalled journald blocks.
    await writeFd(fd, buffer).catch(() => print(entry));
    waiting -= 1;
    if (waiting > 0 || lost === 0) return;
    const message = `${lost} journal entries were lost because the journal was stalled.`;
    lost = 0;
    await writeFd(fd, encodeEntry({ priority: 4, message, fields: {} }, identifier)).catch(() => {});
  };
  const sink = (entry: Entry): void => {
    if (waiting >= mostWaiting) {
      lost += 1;
      return;
    }
    waiting += 1;
    last = last.then(() => send(entry));
  };
  return { ...journalTo(sink), flush: () => last };
}
