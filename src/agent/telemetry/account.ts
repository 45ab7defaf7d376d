import { showSize } from "../../domain/size.ts";
import { showDuration } from "../../domain/time.ts";
import type { Rng } from "../../heal/backoff.ts";
import type { Clock } from "../../ports/store.ts";
import type { SinkAnswer } from "../../ports/telemetry.ts";
import type { TelemetryConfig } from "./config.ts";
import { afterAnswer, type Delivery, type Fate, newDelivery } from "./delivery.ts";
import type { ItemKind } from "./item.ts";
import type { Voice } from "./voice.ts";

/** A sink that starts later than the agent, or restarts, is no news. */
const patienceMs = 60_000;

type Batch = {
  readonly kind: ItemKind;
  readonly items: number;
  /** Items that wait behind it. */
  readonly behind: number;
};

/** How it goes with the sink: what it took, what it did not, when it is asked again, and what is said about that. */
export type Account = {
  readonly hear: (answer: SinkAnswer, batch: Batch) => Fate;
  readonly delivery: () => Delivery;
  readonly counts: () => {
    readonly delivered: number;
    readonly refused: number;
    readonly rejected: number;
    readonly lastDelivery: number;
    readonly error: string;
  };
};

export function openAccount({ url, batch, spoolBytes, keepMs }: TelemetryConfig, voice: Voice, clock: Clock, rng: Rng): Account {
  let delivery = newDelivery(batch);
  let counts = { delivered: 0, refused: 0, rejected: 0, lastDelivery: 0, error: "" };

  const taken = (sum: number, about: Batch, because: string, downMs: number): void => {
    const rejected = Math.min(sum, about.items);
    const delivered = counts.delivered + about.items - rejected;
    counts = { ...counts, delivered, rejected: counts.rejected + rejected, lastDelivery: clock.now(), error: "" };
    if (rejected > 0) voice.warn("rejected", `${url} rejected ${rejected} of ${about.items} ${about.kind}s: ${because}.`);
    if (voice.over("away")) voice.note(`${url} takes everything again after ${showDuration(downMs)}; ${about.behind} wait.`);
  };

  return {
    hear: (answer, about) => {
      const nowMs = clock.monotonic();
      const downMs = nowMs - (delivery.downSinceMs ?? nowMs);
      const next = afterAnswer(delivery, answer, { items: about.items, batch, nowMs, rng });
      delivery = next.delivery;
      if (answer.kind === "taken") {
        taken(answer.rejected, about, answer.because, downMs);
        return next.fate;
      }
      const because = answer.because.replace(/\.$/, "");
      counts = { ...counts, error: because };
      if (next.fate === "dropped") {
        counts = { ...counts, refused: counts.refused + about.items };
        const what = about.items === 1 ? `a ${about.kind}` : `${about.items} ${about.kind}s`;
        voice.warn("refused", `${url} refused ${what} for good (dropped): ${because}.`);
      } else if (answer.kind === "denied" || (answer.kind === "away" && downMs >= patienceMs)) {
        const kept = `${showSize(spoolBytes)} and ${showDuration(keepMs)}`;
        voice.warn("away", `${url} takes nothing: ${because}. At most ${kept} are kept meanwhile.`);
      }
      return next.fate;
    },
    delivery: () => delivery,
    counts: () => counts,
  };
}
