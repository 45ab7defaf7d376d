import { pino } from "pino";
import type { StackEvent } from "../../domain/events.ts";
import type { Journal } from "../../ports/store.ts";
import { type Entry, entryOf, type Priority } from "./entry.ts";

/** pino's levels for syslog's priorities; `notice` is one that pino does not have. */
const levels = { 3: "error", 4: "warn", 5: "notice", 6: "info", 7: "debug" } as const satisfies Record<Priority, string>;
const noticeLevel = 35;
const prioritiesByLevel: Readonly<Record<number, Priority>> = { 20: 7, 30: 6, 35: 5, 40: 4, 50: 3, 60: 3 };

/** pino hands the unformatted parts over to a destination that carries this symbol. */
type Destination = { lastLevel: number; lastObj: Readonly<Record<string, string>> | null; lastMsg: string };

/** The `Journal` port over pino, without transports (a worker thread costs 34 MB): the sink is called at once, with the parts. */
export function journalTo(sink: (entry: Entry) => void, loudest: Priority = 7): Journal {
  const destination = {
    [Symbol.for("pino.metadata")]: true,
    lastLevel: 0,
    lastObj: null,
    lastMsg: "",
    write(this: Destination): void {
      sink({ priority: prioritiesByLevel[this.lastLevel] ?? 6, message: this.lastMsg, fields: this.lastObj ?? {} });
    },
  };
  const logger = pino(
    { level: levels[loudest], customLevels: { notice: noticeLevel }, base: null, timestamp: false, messageKey: "message" },
    destination,
  );
  const write = ({ priority, message, fields }: Entry): void => logger[levels[priority]]({ ...fields }, message);
  return {
    event: (stack, event: StackEvent) => write(entryOf(stack, event)),
    say: (priority, message, fields = {}) => write({ priority, message, fields }),
  };
}
