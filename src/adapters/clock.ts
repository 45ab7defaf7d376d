import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "../ports/store.ts";

/** Node's timers overflow above this and fire at once. */
const longestTimerMs = 2_147_483_647;

/** The machine's time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  /** An aborted sleep just ends: whoever sleeps looks at the signal anyway. */
  sleep: async (ms, signal) => {
    for (let leftMs = ms; leftMs > 0 && signal?.aborted !== true; leftMs -= longestTimerMs) {
      await wait(Math.min(leftMs, longestTimerMs), undefined, signal === undefined ? {} : { signal }).catch((error: unknown) => {
        if (signal?.aborted !== true) throw error;
      });
    }
  },
};
