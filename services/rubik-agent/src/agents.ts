import { objectWith, seriesList } from "./check.ts";
import { Refusal } from "./refusal.ts";
import { iso, moment, span } from "./time.ts";

/** What a task asks another service to do. */
export const kinds = ["detect", "train", "analyse"] as const;
export type Kind = (typeof kinds)[number];

export type Payload = Readonly<Record<string, unknown>>;

export type Agent = {
  readonly service: string;
  readonly port: number;
  readonly path: string;
  readonly does: string;
  /** How many of its tasks run at a time. */
  readonly concurrency: number;
  /** How long one call may take. */
  readonly callMs: number;
  /** How long a task may take from its first start, repeats included, unless it says so itself. */
  readonly deadlineMs: number;
  /** The payload as it is sent. Spans become times here, once: a repeated call then asks for the same again. */
  readonly payload: (value: unknown, now: number) => Payload;
};

/** Whoever does the work, by kind of task. */
export const agents: Readonly<Record<Kind, Agent>> = {
  detect: {
    service: "gap-detector",
    port: 8000,
    path: "/v1/detect",
    does: "finds gaps, outages and latency anomalies between two times",
    concurrency: 4,
    callMs: 60_000,
    deadlineMs: 300_000,
    payload: detectPayload,
  },
  train: {
    service: "recurrent-processor",
    port: 8100,
    path: "/v1/train",
    does: "trains the models of the named series, or of all",
    // It trains on one core; a second one would only slow the first down.
    concurrency: 1,
    callMs: 600_000,
    deadlineMs: 1_800_000,
    payload: trainPayload,
  },
  analyse: {
    service: "analysis-engine",
    port: 5000,
    path: "/v1/analyse",
    does: "sums up availability, repair times and error budgets of a window",
    concurrency: 2,
    callMs: 60_000,
    deadlineMs: 300_000,
    payload: (value) => ({ window: span("payload.window", objectWith("payload", value, ["window"])["window"]) }),
  },
};

function detectPayload(value: unknown, now: number): Payload {
  const fields = objectWith("payload", value, ["from", "to", "series"]);
  const from = moment("payload.from", fields["from"], now);
  const to = fields["to"] === undefined ? now : moment("payload.to", fields["to"], now);
  if (to <= from)
    throw new Refusal(422, `payload.to (${iso(to)}) must be later than payload.from (${iso(from)}).`, { field: "payload.to" });
  return { from: iso(from), to: iso(to), ...chosenSeries(fields["series"]) };
}

function trainPayload(value: unknown): Payload {
  return chosenSeries(objectWith("payload", value, ["series"])["series"]);
}

function chosenSeries(value: unknown): Payload {
  return value === undefined ? {} : { series: seriesList("payload.series", value) };
}
