import { createHash } from "node:crypto";
import { type EventName, priorityOf, type StackEvent, sayEvent } from "../../domain/events.ts";
import type { StackName } from "../../domain/words.ts";

export type Priority = 3 | 4 | 5 | 6 | 7;

/** One journal entry: a sentence and its fields, whatever it is written to. */
export type Entry = { readonly priority: Priority; readonly message: string; readonly fields: Readonly<Record<string, string>> };

/** A stack event as an entry, so that `journalctl PHOENIX_UNIT=web.service` finds it. */
export function entryOf(stack: StackName, event: StackEvent): Entry {
  return {
    priority: priorityOf(event),
    message: `${stack}: ${sayEvent(event)}`,
    fields: {
      MESSAGE_ID: messageIdOf(event.event),
      PHOENIX_STACK: stack,
      PHOENIX_EVENT: event.event,
      ...("service" in event && event.service !== undefined ? { PHOENIX_UNIT: event.service } : {}),
      ...("generation" in event ? { PHOENIX_GENERATION: String(event.generation) } : {}),
      PHOENIX_DETAIL: JSON.stringify(event),
    },
  };
}

/** The journal's 128-bit name of an event, the same for ever: it comes from the event's own name. */
export function messageIdOf(event: EventName): string {
  return createHash("sha256").update(`io.phoenix.event.${event}`).digest("hex").slice(0, 32);
}
