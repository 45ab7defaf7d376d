import { ok } from "node:assert/strict";
import { test } from "node:test";
import { emptyDatabase } from "../support/real-database.ts";
import { measureThroughput } from "../support/throughput.ts";

// The bound is 200 a second, queued and claimed. What is measured here is more: queued over HTTP, claimed, called and recorded, with the
// clients and the called service in the same process. So a slow machine has room.
test("200 tasks a second are queued, claimed and done", async (t) => {
  const database = await emptyDatabase();
  t.after(database.close);
  const { tasks, queuedPerSecond, donePerSecond } = await measureThroughput(database, 2_000);
  console.log(`${tasks} tasks: ${queuedPerSecond.toFixed(0)}/s queued, ${donePerSecond.toFixed(0)}/s done`);
  ok(donePerSecond >= 200, `${donePerSecond.toFixed(0)} tasks/s`);
});
