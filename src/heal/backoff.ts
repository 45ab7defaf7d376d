import type { Ms } from "../domain/words.ts";

/** The kubelet's constants: at once, then 10, 20, 40 … 300 s, forgotten after ten healthy minutes. */
export const backoffSteps = { firstMs: 10_000, capMs: 300_000, resetMs: 600_000, jitter: 0.25 } as const;

/** Uniform in [0, 1), handed in: nothing in here is random by itself. */
export type Rng = () => number;

/** How long attempt `attempts + 1` waits after the failure that calls for it. */
export function backoffMs(attempts: number, rng: Rng): Ms {
  if (attempts === 0) return 0;
  const plainMs = Math.min(backoffSteps.firstMs * 2 ** Math.min(attempts - 1, 30), backoffSteps.capMs);
  return Math.round(plainMs * (1 + backoffSteps.jitter * (2 * rng() - 1)));
}
