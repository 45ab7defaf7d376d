import type { Ms } from "../../domain/words.ts";
import type { Rng } from "../../heal/backoff.ts";
import type { SinkAnswer } from "../../ports/telemetry.ts";

/** How it went with the sink lately. */
export type Delivery = {
  /** Tries in a row that left the batch undelivered. */
  readonly failures: number;
  /** Not before this, monotonic. */
  readonly retryAtMs: Ms;
  /** Since when the sink takes nothing, monotonic; undefined while all is well. */
  readonly downSinceMs: Ms | undefined;
  /** Items of the next batch: fewer while a bad one is looked for. */
  readonly limit: number;
  /** Batches in a row that it refused for good. */
  readonly refusals: number;
};

/** What becomes of the batch. */
export type Fate = "delivered" | "kept" | "dropped";

const steps = { firstMs: 1_000, capMs: 300_000, jitter: 0.25 } as const;
/** After so many items that were each refused alone, it is not the items: whole batches are dropped, ever more slowly. */
const loneRefusals = 3;

export function newDelivery(batch: number): Delivery {
  return { failures: 0, retryAtMs: Number.NEGATIVE_INFINITY, downSinceMs: undefined, limit: batch, refusals: 0 };
}

/**
 * Takes in an answer. A refused batch is halved until the bad item stands alone and is dropped; then batches grow again. Everything
 * else that was not taken is kept, and tried again ever later, so that a thousand agents do not knock at a sink that just came back.
 */
export function afterAnswer(
  delivery: Delivery,
  answer: SinkAnswer,
  at: { readonly items: number; readonly batch: number; readonly nowMs: Ms; readonly rng: Rng },
): { readonly delivery: Delivery; readonly fate: Fate } {
  const { nowMs, items, batch, rng } = at;
  if (answer.kind === "taken") {
    const limit = Math.min(batch, delivery.limit * 2);
    return { delivery: { ...newDelivery(batch), limit }, fate: "delivered" };
  }
  if (answer.kind === "refused") {
    if (answer.divisible && items > 1 && delivery.refusals < loneRefusals)
      return {
        delivery: { ...delivery, failures: 0, retryAtMs: nowMs, downSinceMs: undefined, limit: Math.ceil(items / 2) },
        fate: "kept",
      };
    const refusals = delivery.refusals + 1;
    const isHopeless = refusals >= loneRefusals;
    const retryAtMs = isHopeless ? nowMs + backoffMs(refusals - loneRefusals, rng) : nowMs;
    const limit = isHopeless ? batch : delivery.limit;
    return { delivery: { failures: 0, retryAtMs, downSinceMs: undefined, limit, refusals }, fate: "dropped" };
  }
  const askedMs = answer.kind === "away" ? (answer.retryAfterMs ?? 0) : 0;
  const waitMs = Math.max(backoffMs(delivery.failures, rng), Math.min(askedMs, steps.capMs));
  const downSinceMs = delivery.downSinceMs ?? nowMs;
  return { delivery: { ...delivery, failures: delivery.failures + 1, retryAtMs: nowMs + waitMs, downSinceMs }, fate: "kept" };
}

/** 1 s, 2 s, 4 s … 5 min, each a quarter more or less. */
function backoffMs(failures: number, rng: Rng): Ms {
  const plainMs = Math.min(steps.firstMs * 2 ** Math.min(failures, 30), steps.capMs);
  return Math.round(plainMs * (1 + steps.jitter * (2 * rng() - 1)));
}
