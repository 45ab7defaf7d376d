import type { Ms } from "../domain/words.ts";
import type { Rng } from "./backoff.ts";

/** closed = healing works; open = given up, loudly, until `retryAtMs`; half-open = one more try is allowed or under way. */
export type Breaker =
  | { readonly state: "closed" }
  | { readonly state: "open"; readonly openings: number; readonly sinceMs: Ms; readonly retryAtMs: Ms; readonly because: string }
  | {
      readonly state: "half-open";
      readonly openings: number;
      readonly sinceMs: Ms;
      readonly triedAtMs: Ms | undefined;
      readonly because: string;
    };

export type OpenBreaker = Extract<Breaker, { state: "open" }>;
export type HalfOpenBreaker = Extract<Breaker, { state: "half-open" }>;

export const closedBreaker: Breaker = { state: "closed" };

const longestMs = 3_600_000;

/**
 * Opens it, or opens it again for twice as long, up to an hour. The wait is never shorter than the budget's window, so a later try
 * cannot exceed the budget either; the random part (up to a quarter) only adds.
 */
export function openBreaker(
  breaker: Breaker,
  { nowMs, windowMs, because, rng }: { readonly nowMs: Ms; readonly windowMs: Ms; readonly because: string; readonly rng: Rng },
): OpenBreaker {
  const openings = breaker.state === "closed" ? 1 : breaker.openings + 1;
  const plainMs = Math.max(windowMs, Math.min(windowMs * 2 ** Math.min(openings - 1, 30), longestMs));
  return { state: "open", openings, sinceMs: nowMs, retryAtMs: nowMs + Math.ceil(plainMs * (1 + rng() / 4)), because };
}

/** Lets one more try through. */
export function halfOpen(breaker: OpenBreaker, nowMs: Ms, because: string): HalfOpenBreaker {
  return { state: "half-open", openings: breaker.openings, sinceMs: nowMs, triedAtMs: undefined, because };
}
