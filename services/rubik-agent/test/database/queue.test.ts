import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import type { Kind } from "../../src/agents.ts";
import type { Database } from "../../src/database.ts";
import { cancel } from "../../src/queue/cancel.ts";
import { claim } from "../../src/queue/claim.ts";
import { enqueue } from "../../src/queue/enqueue.ts";
import { findTask, findTasks } from "../../src/queue/find.ts";
import { reclaim, release, renew } from "../../src/queue/lease.ts";
import { record } from "../../src/queue/record.ts";
import { removeOld } from "../../src/queue/retention.ts";
import type { Claim } from "../../src/task.ts";
import { emptyDatabase } from "../support/real-database.ts";
import { someRequest } from "../support/request.ts";

let database: Database;
beforeEach(async () => {
  await database?.close();
  database = await emptyDatabase();
});
after(async () => await database.close());

const take = (worker: string, slots: number, kind: Kind = "detect"): Promise<readonly Claim[]> =>
  claim(database.sql, worker, 10_000, new Map([[kind, slots]]));

async function takeOne(worker: string): Promise<Claim> {
  const [task, ...rest] = await take(worker, 1);
  ok(task);
  equal(rest.length, 0);
  return task;
}

/** As after a silence longer than the lease, without the waiting. */
const expire = (): Promise<unknown> => database.sql("UPDATE tasks SET lease_until = now() - interval '1 s' WHERE state = 'running'");

const stateOf = async (id: string): Promise<string | undefined> => (await findTask(database.sql, id))?.state;

test("the more urgent comes first, then who has waited longer; what is not due yet stays", async () => {
  const now = Date.now();
  const requests = [
    someRequest({ runAt: now - 1_000 }),
    someRequest({ runAt: now - 9_000 }),
    someRequest({ runAt: now - 1_000, priority: 5 }),
    someRequest({ runAt: now + 60_000, priority: 9 }),
    someRequest({ kind: "train" }),
  ];
  for (const request of requests) await enqueue(database.sql, request);
  const order: string[] = [];
  for (let next = await take("a", 1); next.length > 0; next = await take("a", 1)) order.push(...next.map(({ id }) => id));
  deepEqual(order, [requests[2]?.id, requests[1]?.id, requests[0]?.id]);
});

test("a claim takes as many of each kind as there is room for", async () => {
  for (const kind of ["detect", "detect", "detect", "train", "train"] as const) await enqueue(database.sql, someRequest({ kind }));
  const room = new Map<Kind, number>([
    ["detect", 2],
    ["train", 1],
    ["analyse", 4],
  ]);
  const taken = await claim(database.sql, "a", 10_000, room);
  deepEqual(taken.map(({ kind }) => kind).sort(), ["detect", "detect", "train"]);
});

test("of eight that claim at the same time no two get the same task, and together they get every one", async () => {
  const ids = await Promise.all(Array.from({ length: 200 }, async () => (await enqueue(database.sql, someRequest()))?.id));
  const workers = Array.from({ length: 8 }, (_, index) => `worker-${index}`);
  const taken: string[] = [];
  const claiming = workers.map(async (worker) => {
    for (let empty = 0; empty < 3; ) {
      const tasks = await take(worker, 5);
      taken.push(...tasks.map(({ id }) => id));
      empty = tasks.length === 0 ? empty + 1 : 0;
    }
  });
  await Promise.all(claiming);
  deepEqual(taken.toSorted(), ids.toSorted());
});

test("a task that is queued again under its id stays as it is", async () => {
  const request = someRequest({ priority: 3 });
  ok(await enqueue(database.sql, request));
  equal(await enqueue(database.sql, { ...request, priority: 4 }), undefined);
  equal((await findTask(database.sql, request.id))?.priority, 3);
});

test("a task whose lease has ended is queued again, and the worker that lost it can no longer record anything", async () => {
  const request = someRequest();
  await enqueue(database.sql, request);
  const lost = await takeOne("a");
  await expire();
  deepEqual(
    (await reclaim(database.sql)).map(({ id, state, attempts }) => ({ id, state, attempts })),
    [{ id: request.id, state: "queued", attempts: 1 }],
  );
  equal(await record(database.sql, "a", lost, { state: "done", result: "a" }), false);
  const again = await takeOne("b");
  equal(again.attempts, 2);
  equal(await record(database.sql, "a", lost, { state: "done", result: "a" }), false, "nor while somebody else has it");
  deepEqual(await renew(database.sql, "a", 10_000, [request.id]), []);
  equal(await record(database.sql, "b", again, { state: "done", result: "b" }), true);
  equal(await record(database.sql, "b", again, { state: "done", result: "twice" }), false, "an ending is recorded once");
  equal((await findTask(database.sql, request.id))?.result, "b");
});

test("the same worker in an older attempt is somebody else, too", async () => {
  await enqueue(database.sql, someRequest());
  const first = await takeOne("a");
  await expire();
  await reclaim(database.sql);
  const second = await takeOne("a");
  equal(await record(database.sql, "a", first, { state: "done", result: 1 }), false);
  equal(await record(database.sql, "a", second, { state: "done", result: 2 }), true);
});

test("a lease that is renewed does not end", async () => {
  await enqueue(database.sql, someRequest());
  const task = await takeOne("a");
  await expire();
  equal((await renew(database.sql, "a", 10_000, [task.id])).length, 1);
  deepEqual(await reclaim(database.sql), []);
  equal(await stateOf(task.id), "running");
});

test("a task that loses its worker in every attempt fails in the end", async () => {
  const request = someRequest({ maxAttempts: 2 });
  await enqueue(database.sql, request);
  for (const _ of [1, 2]) {
    await takeOne("a");
    await expire();
    await reclaim(database.sql);
  }
  const task = await findTask(database.sql, request.id);
  equal(task?.state, "failed");
  match(task?.error ?? "", /the worker a was lost during attempt 2/);
  ok(task?.finished_at);
});

test("a task handed back does not count the attempt", async () => {
  const request = someRequest();
  await enqueue(database.sql, request);
  await takeOne("a");
  equal(await release(database.sql, "a"), 1);
  const task = await findTask(database.sql, request.id);
  deepEqual([task?.state, task?.attempts, task?.worker], ["queued", 0, null]);
});

test("cancelled at once while it waits, asked to stop while it runs, and left alone when it has ended", async () => {
  const [waiting, running] = [someRequest(), someRequest({ kind: "train" })];
  await enqueue(database.sql, waiting);
  await enqueue(database.sql, running);
  equal((await cancel(database.sql, waiting.id))?.state, "cancelled");
  deepEqual(await take("a", 5), []);
  const [task] = await take("a", 1, "train");
  ok(task);
  equal((await cancel(database.sql, running.id))?.state, "running");
  deepEqual(await renew(database.sql, "a", 10_000, [running.id]), [{ id: running.id, cancel_requested: true }]);
  equal(await record(database.sql, "a", task, { state: "queued", error: "x", afterMs: 0 }), true);
  equal(await stateOf(running.id), "cancelled", "no further attempt of what was cancelled");
  equal(await cancel(database.sql, running.id), undefined);
});

test("a cancelled task whose worker was lost is cancelled, and one that was finished first is done", async () => {
  const [lost, finished] = [someRequest(), someRequest()];
  await enqueue(database.sql, lost);
  await takeOne("a");
  await cancel(database.sql, lost.id);
  await expire();
  await reclaim(database.sql);
  equal(await stateOf(lost.id), "cancelled");
  await enqueue(database.sql, finished);
  const task = await takeOne("a");
  await cancel(database.sql, finished.id);
  await record(database.sql, "a", task, { state: "done", result: 1 });
  equal(await stateOf(finished.id), "done");
});

test("pages follow each other without a gap or a repetition while more is queued", async () => {
  for (let index = 0; index < 25; index += 1) await enqueue(database.sql, someRequest({ priority: index }));
  const filter = { states: ["queued"], kinds: [], schedule: undefined, from: undefined, to: undefined, limit: 10 };
  const seen: string[] = [];
  let after: Awaited<ReturnType<typeof findTasks>>["next"];
  do {
    const page = await findTasks(database.sql, { ...filter, after });
    seen.push(...page.tasks.map(({ id }) => id));
    after = page.next;
    await enqueue(database.sql, someRequest({ priority: 100 }));
  } while (after !== undefined);
  equal(seen.length, 25);
  equal(new Set(seen).size, 25);
});

test("what ended long ago is removed, and nothing else", async () => {
  const [old, young, waiting] = [someRequest(), someRequest(), someRequest()];
  for (const request of [old, young, waiting]) await enqueue(database.sql, request);
  await database.sql("UPDATE tasks SET state = 'done', finished_at = now() - interval '8 days' WHERE id = $1", [old.id]);
  await database.sql("UPDATE tasks SET state = 'done', finished_at = now() - interval '6 days' WHERE id = $1", [young.id]);
  equal(await removeOld(database.sql, 7), 1);
  deepEqual([await stateOf(old.id), await stateOf(young.id), await stateOf(waiting.id)], [undefined, "done", "queued"]);
});
