import type { Ms } from "../domain/words.ts";

/**
 * Feeds the watchdog, at most three times in its time. Called by each turn of the loop and by nothing else: a timer of its own would go
 * on feeding it for a loop that hangs.
 */
export function heartbeat(feed: () => Promise<void>, watchdogMs: Ms | undefined, monotonic: () => Ms): () => void {
  let lastMs = Number.NEGATIVE_INFINITY;
  return () => {
    if (watchdogMs === undefined || monotonic() - lastMs < watchdogMs / 3 - slackMs) return;
    lastMs = monotonic();
    void feed();
  };
}

/** The loop wakes every third of the time: a millisecond early must not cost a whole turn. */
const slackMs: Ms = 100;
