import type { StackEvent } from "../domain/events.ts";
import type { StackName } from "../domain/words.ts";
import type { Ports } from "../ports/ports.ts";

/** Writes an event into the ledger. A disk that is full or read-only must not keep anybody from being healed: then only the journal has it. */
export async function recordEvent(
  stack: StackName,
  event: StackEvent,
  { history, journal }: Pick<Ports, "history" | "journal">,
): Promise<void> {
  try {
    await history.append(stack, event);
  } catch (error) {
    journal.event(stack, event);
    journal.say(3, `${stack}: ${error instanceof Error ? error.message : String(error)}`, { PHOENIX_STACK: stack });
  }
}
