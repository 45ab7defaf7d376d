import type { Ms } from "../domain/words.ts";
import type { Clock } from "../ports/store.ts";

/** Node's timers overflow above this and fire at once. */
const longestTimerMs = 2_147_483_647;

/** The machine's time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  /** An aborted sleep just ends: whoever sleeps looks at the signal anyway. */
  sleep: async (ms, signal) => {
    for (let leftMs = ms; leftMs > 0 && signal?.aborted !== true; leftMs -= longestTimerMs)
      await nap(Math.min(leftMs, longestTimerMs), signal);
  },
};

/** Node's own `setTimeout` of timers/promises makes an error with a stack for each sleep that is cut short; the agent's mostly are. */
async function nap(ms: Ms, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", end);
      resolve();
    };
    const timer = setTimeout(end, ms);
    signal?.addEventListener("abort", end, { once: true });
  });
}
