import { deepEqual, equal } from "node:assert/strict";
import { test } from "node:test";
import type { Ending } from "../src/queue/record.ts";
import { backoffMs } from "../src/worker/backoff.ts";
import type { Answer } from "../src/worker/call.ts";
import { judge } from "../src/worker/verdict.ts";

const claim = { id: "t", kind: "train", payload: {}, attempts: 1, max_attempts: 3, deadline_ms: 60_000, remaining_ms: 60_000 } as const;

const judged = (answer: Answer, more: { attempts?: number; elapsedMs?: number; cancelled?: boolean } = {}): Ending => {
  const { attempts = 1, elapsedMs = 10, cancelled = false } = more;
  return judge({ claim: { ...claim, attempts }, service: "trainer", answer, elapsedMs, cancelled, random: 0.5 });
};

test("2xx with JSON is done; without it, as with 5xx and no answer, there is another attempt", () => {
  deepEqual(judged({ status: 200, text: '{"ok":1}' }), { state: "done", result: { ok: 1 } });
  deepEqual(judged({ status: 200, text: "null" }), { state: "done", result: null });
  deepEqual(judged({ status: 200, text: "<html>" }), { state: "queued", error: "trainer answered 200 without JSON", afterMs: 1_000 });
  deepEqual(judged({ status: 503, text: "" }), { state: "queued", error: "trainer answered 503", afterMs: 1_000 });
  deepEqual(judged({ noAnswer: "refused" }), { state: "queued", error: "trainer gave no answer: refused", afterMs: 1_000 });
});

test("4xx is final, but for those that say later", () => {
  deepEqual(judged({ status: 400, text: '{"error":"no such series"}' }), {
    state: "failed",
    error: "trainer answered 400: no such series",
  });
  for (const status of [408, 425, 429]) equal(judged({ status, text: "" }).state, "queued", String(status));
});

test("the last attempt and the deadline end it", () => {
  deepEqual(judged({ status: 500, text: "oh\0no" }, { attempts: 3 }), {
    state: "failed",
    error: "trainer answered 500: ohno; that was attempt 3 of 3",
  });
  deepEqual(judged({ status: 500, text: "" }, { elapsedMs: 59_500 }), {
    state: "failed",
    error: "trainer answered 500; another attempt would come after the deadline of 60 s",
  });
});

test("a cancelled call is cancelled, unless its answer was there first", () => {
  deepEqual(judged({ noAnswer: "cancelled" }, { cancelled: true }), { state: "cancelled" });
  deepEqual(judged({ status: 200, text: "1" }, { cancelled: true }), { state: "done", result: 1 });
});

test("the back-off doubles up to five minutes, a quarter more or less", () => {
  deepEqual(
    [1, 2, 3, 4, 20].map((attempt) => backoffMs(attempt, 0.5)),
    [1_000, 2_000, 4_000, 8_000, 300_000],
  );
  deepEqual([backoffMs(1, 0), backoffMs(1, 1)], [750, 1_250]);
});
