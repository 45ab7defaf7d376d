import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import type { Database } from "../../src/database.ts";
import { fireSchedules, listSchedules, putSchedule, seedSchedules } from "../../src/queue/schedules.ts";
import { emptyDatabase } from "../support/real-database.ts";

let database: Database;
beforeEach(async () => {
  await database?.close();
  database = await emptyDatabase();
});
after(async () => await database.close());

const recent = { name: "recent", kind: "detect", payload: { from: "15m" }, every_ms: 60_000, enabled: true } as const;
const due = (name: string): Promise<unknown> =>
  database.sql("UPDATE schedules SET next_at = now() - interval '150 s' WHERE name = $1", [name]);
const end = (): Promise<unknown> => database.sql("UPDATE tasks SET state = 'done', finished_at = now()");

test("of ten that look at the same time one queues the tick", async () => {
  await putSchedule(database.sql, recent);
  const fired = (await Promise.all(Array.from({ length: 10 }, () => fireSchedules(database)))).flat();
  deepEqual(fired, [{ name: "recent", outcome: "queued" }]);
  const { rows } = await database.sql<{ schedule: string; from: Date; to: Date }>(
    "SELECT schedule, (payload->>'from')::timestamptz AS from, (payload->>'to')::timestamptz AS to FROM tasks",
  );
  equal(rows.length, 1);
  equal(rows[0]?.schedule, "recent");
  equal(Number(rows[0]?.to) - Number(rows[0]?.from), 900_000, "the span became times when it fired");
});

test("ticks that were missed are not made up for, and the rhythm stays", async () => {
  await putSchedule(database.sql, recent);
  const before = Date.now();
  await due("recent");
  equal((await fireSchedules(database)).length, 1);
  deepEqual(await fireSchedules(database), []);
  const [schedule] = await listSchedules(database.sql);
  const inMs = (schedule?.next_at.getTime() ?? 0) - before;
  ok(inMs > 25_000 && inMs < 45_000, `150 s late in a rhythm of 60 s: the next is in 30 s, not in ${inMs} ms`);
});

test("a schedule whose last task has not ended is left out", async () => {
  await putSchedule(database.sql, recent);
  await fireSchedules(database);
  await due("recent");
  deepEqual(await fireSchedules(database), [{ name: "recent", outcome: "still busy" }]);
  await end();
  await due("recent");
  deepEqual(await fireSchedules(database), [{ name: "recent", outcome: "queued" }]);
});

test("one that is switched off does not fire, and one that is broken does not keep the others from it", async () => {
  await putSchedule(database.sql, { ...recent, name: "off", enabled: false });
  await putSchedule(database.sql, { ...recent, name: "broken", payload: { from: "yesterday" } });
  await putSchedule(database.sql, recent);
  const fired = await fireSchedules(database);
  deepEqual(fired.map(({ name, outcome }) => `${name} ${outcome}`).sort(), ["broken refused", "recent queued"]);
  match(fired.find(({ name }) => name === "broken")?.because ?? "", /payload\.from must be a time/);
});

test("the first schedules are made once; one that a person changed stays changed", async () => {
  await seedSchedules(database.sql);
  await putSchedule(database.sql, { name: "train", kind: "train", payload: {}, every_ms: 7_200_000, enabled: false });
  await seedSchedules(database.sql);
  const schedules = await listSchedules(database.sql);
  deepEqual(
    schedules.map(({ name }) => name),
    ["analyse-day", "detect-day", "detect-recent", "train"],
  );
  equal(schedules.find(({ name }) => name === "train")?.enabled, false);
});
