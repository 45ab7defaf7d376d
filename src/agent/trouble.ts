import type { Ms } from "../domain/words.ts";
import type { Clock, Journal } from "../ports/store.ts";

const repeatMs: Ms = 60_000;

/** Tells of trouble that may come with every turn: each sentence once a minute. */
export function troubleTeller(
  { say }: Pick<Journal, "say">,
  { monotonic }: Pick<Clock, "monotonic">,
): (what: string, error: unknown) => void {
  const told = new Map<string, Ms>();
  return (what, error) => {
    const message = `${what}: ${error instanceof Error ? error.message : String(error)}`;
    const nowMs = monotonic();
    for (const [old, atMs] of told) if (nowMs - atMs >= repeatMs) told.delete(old);
    if (told.has(message)) return;
    told.set(message, nowMs);
    say(4, message);
  };
}
