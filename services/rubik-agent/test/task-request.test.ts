import { deepEqual, equal, throws } from "node:assert/strict";
import { test } from "node:test";
import { taskRequest } from "../src/http/task-request.ts";
import { Refusal } from "../src/refusal.ts";

const now = Date.UTC(2026, 10, 26, 11);
const id = "0c8f0e6e-7d0c-4d8e-9a53-0b3f2a1d5c11";

test("what is not said has a sensible value, and spans become times", () => {
  const { id: made, ...request } = taskRequest({ kind: "detect", payload: { from: "15m" } }, now);
  equal(made.length, 36);
  deepEqual(request, {
    kind: "detect",
    payload: { from: "2026-11-26T10:45:00.000Z", to: "2026-11-26T11:00:00.000Z" },
    priority: 0,
    runAt: now,
    maxAttempts: 5,
    deadlineMs: 300_000,
  });
});

test("everything can be said", () => {
  const said = { priority: -5, run_at: "2026-11-26T12:00:00+01:00", max_attempts: 1, deadline_ms: 1_000 };
  const request = taskRequest({ id: id.toUpperCase(), kind: "train", payload: { series: [3, 1] }, ...said }, now);
  deepEqual(request, { id, kind: "train", payload: { series: [3, 1] }, priority: -5, runAt: now, maxAttempts: 1, deadlineMs: 1_000 });
});

const detect = (payload: unknown): unknown => ({ kind: "detect", payload });
const train = (more: object): unknown => ({ kind: "train", ...more });

/** A body that is refused, the field that is named, and the whole sentence. */
const refused: readonly (readonly [unknown, string, string])[] = [
  [[], "body", "body must be an object, not []."],
  [null, "body", "body must be an object, not null."],
  [{}, "kind", "kind must be one of detect, train, analyse, not nothing."],
  [{ kind: "toString" }, "kind", 'kind must be one of detect, train, analyse, not "toString".'],
  [
    train({ prioritiy: 1 }),
    "prioritiy",
    '"prioritiy" is not a field of body; the fields are id, kind, payload, priority, run_at, max_attempts, deadline_ms.',
  ],
  [train({ payload: { window: "1h" } }), "payload.window", '"window" is not a field of payload; the fields are series.'],
  [train({ payload: [] }), "payload", "payload must be an object, not []."],
  [train({ id: "7" }), "id", 'id must be a UUID, not "7".'],
  [train({ priority: 101 }), "priority", "priority must be an integer from -100 to 100, not 101."],
  [train({ priority: 1.5 }), "priority", "priority must be an integer from -100 to 100, not 1.5."],
  [train({ max_attempts: 0 }), "max_attempts", "max_attempts must be an integer from 1 to 20, not 0."],
  [train({ deadline_ms: "1s" }), "deadline_ms", 'deadline_ms must be an integer from 1000 to 86400000, not "1s".'],
  [
    train({ run_at: "2028-01-01T00:00:00Z" }),
    "run_at",
    'run_at must be a time within a year, such as 2026-11-26T11:00:00.000Z, not "2028-01-01T00:00:00Z".',
  ],
  [train({ payload: { series: [] } }), "payload.series", "payload.series must be a list of 1 to 1000 series, not []."],
  [train({ payload: { series: [1, -1] } }), "payload.series[1]", "payload.series[1] must be an integer from 1 to 2147483647, not -1."],
  [train({ payload: { series: [4, 4] } }), "payload.series", "payload.series names the series 4 twice."],
  [detect({}), "payload.from", "payload.from must be a time such as 2026-11-26T11:00:00.000Z, or a span such as 1h, not nothing."],
  [
    detect({ from: "2026-02-31T00:00:00Z" }),
    "payload.from",
    'payload.from must be a time such as 2026-11-26T11:00:00.000Z, or a span such as 1h, not "2026-02-31T00:00:00Z".',
  ],
  [
    detect({ from: "1969-12-31T00:00:00Z" }),
    "payload.from",
    'payload.from must be a time such as 2026-11-26T11:00:00.000Z, or a span such as 1h, not "1969-12-31T00:00:00Z".',
  ],
  [
    detect({ from: "1h", to: "2h" }),
    "payload.to",
    "payload.to (2026-11-26T09:00:00.000Z) must be later than payload.from (2026-11-26T10:00:00.000Z).",
  ],
  [
    { kind: "analyse", payload: { window: "401d" } },
    "payload.window",
    'payload.window must be a span such as 30m, 24h or 7d, at most 400d, not "401d".',
  ],
];

test("every mistake is refused with its field and what was found", () => {
  for (const [body, field, message] of refused) {
    throws(
      () => taskRequest(body, now),
      (error) => {
        deepEqual(error instanceof Refusal && [error.status, error.field, error.message], [422, field, message]);
        return true;
      },
    );
  }
});
