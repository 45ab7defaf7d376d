import type { Policy } from "../domain/policy.ts";
import type { Ms } from "../domain/words.ts";

/** Restarts of one service that still count, oldest first: ours and systemd's. */
export type Restarts = readonly Ms[];

/** Bounds the memory of a loop that restarts ten times a second. */
const most = 1000;

export function addRestarts(restarts: Restarts, times: number, atMs: Ms): Restarts {
  return [...restarts, ...Array.from({ length: Math.min(times, most) }, () => atMs)].slice(-most);
}

/** Only those inside the window that ends now. */
export function withinWindow(restarts: Restarts, { windowMs }: Policy["restartBudget"], nowMs: Ms): Restarts {
  return restarts.filter((atMs) => atMs > nowMs - windowMs);
}

/** True when one more restart would exceed the budget. */
export function isSpent(restarts: Restarts, budget: Policy["restartBudget"], nowMs: Ms): boolean {
  return withinWindow(restarts, budget, nowMs).length >= budget.restarts;
}
