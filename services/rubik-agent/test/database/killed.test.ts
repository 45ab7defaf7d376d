import { deepEqual, equal, match, ok } from "node:assert/strict";
import { after, beforeEach, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Database } from "../../src/database.ts";
import { cancel } from "../../src/queue/cancel.ts";
import { enqueue } from "../../src/queue/enqueue.ts";
import { findTask } from "../../src/queue/find.ts";
import type { Task } from "../../src/task.ts";
import { emptyDatabase } from "../support/real-database.ts";
import { someRequest } from "../support/request.ts";
import { startService } from "../support/service.ts";
import { waitFor } from "../support/wait-for.ts";
import { startWorker, type WorkerProcess } from "../support/worker-processes.ts";

const leaseMs = 1_000;

let database: Database;
beforeEach(async () => {
  await database?.close();
  database = await emptyDatabase();
});
after(async () => await database.close());

const stateOf = async (id: string): Promise<string | undefined> => (await findTask(database.sql, id))?.state;

test("workers killed in the middle, again and again: every task is done, and its result is recorded once", async (t) => {
  const deaths = 12;
  const service = await startService({ delayMs: () => 5 + Math.random() * 40 });
  t.after(service.close);
  const ids: string[] = [];
  const queueMore = async (): Promise<void> => {
    const requests = Array.from({ length: 100 }, () => someRequest({ maxAttempts: 20 }));
    ids.push(...requests.map(({ id }) => id));
    await Promise.all(requests.map((request) => enqueue(database.sql, request)));
  };

  // What was seen as a result must stay the result.
  const results = new Map<string, string>();
  const look = async (): Promise<number> => {
    const { rows } = await database.sql<Task>("SELECT id, result FROM tasks WHERE state = 'done'");
    for (const { id, result } of rows) {
      equal(results.get(id) ?? JSON.stringify(result), JSON.stringify(result), `the result of ${id} changed`);
      results.set(id, JSON.stringify(result));
    }
    return rows.length;
  };

  const workers: WorkerProcess[] = [];
  let kills = 0;
  for (let done = 0; kills < deaths || done < ids.length; done = await look()) {
    // There is always more to do, so whoever is killed is killed at work.
    if (kills < deaths && ids.length - done < 50) await queueMore();
    if (ids.length > 20_000) throw new Error(`only ${kills} of ${deaths} could be killed at work: ${workers.at(-1)?.said().slice(0, 500)}`);
    const alive = workers.filter(({ process }) => process.exitCode === null && process.signalCode === null);
    if (alive.length < 2) workers.push(startWorker(service.url, leaseMs));
    else if (kills < deaths && alive.every(({ said }) => said().includes("is done"))) {
      alive[kills % 2]?.signal("SIGKILL");
      kills += 1;
    }
    await sleep(30);
  }
  for (const worker of workers) worker.signal("SIGTERM");
  await Promise.all(workers.map(({ ended }) => ended));

  await look();
  deepEqual([...results.keys()].toSorted(), ids.toSorted(), "nothing was lost");
  deepEqual([...service.effects.keys()].toSorted(), ids.toSorted(), "each was called, and none was called that nobody queued");
  const said = workers.map((worker) => worker.said()).join("");
  for (const id of ids)
    ok((said.match(new RegExp(`${id}: attempt \\d+ ended, the task is done`, "g"))?.length ?? 0) <= 1, `${id} was done twice`);
  const repeated = service.heard.length - ids.length;
  ok(repeated > 0, "no call was cut off: this test showed nothing");
  console.log(`${ids.length} tasks, ${kills} workers killed while they worked, ${repeated} calls repeated, ${results.size} results`);
});

test("the task of a killed worker is taken up after its lease", async (t) => {
  const service = await startService({ delayMs: (nth) => (nth === 1 ? 60_000 : 0) });
  t.after(service.close);
  const request = someRequest({ kind: "train", payload: { series: [7] } });
  await enqueue(database.sql, request);
  const first = startWorker(service.url, leaseMs);
  await waitFor("the call", () => service.heard.length === 1);
  first.signal("SIGKILL");
  const second = startWorker(service.url, leaseMs);
  t.after(() => second.signal("SIGKILL"));
  await waitFor("the task is done", async () => (await stateOf(request.id)) === "done");
  const task = await findTask(database.sql, request.id);
  deepEqual([task?.attempts, task?.result], [2, { call: 2 }]);
  deepEqual(service.heard[1], service.heard[0], "the second call is the same as the first");
  equal(service.heard[0]?.authorization, "Bearer the token");
});

test("a worker that was stopped for longer than its lease records nothing when it goes on", async (t) => {
  const service = await startService({ delayMs: (nth) => (nth === 1 ? 60_000 : 0) });
  t.after(service.close);
  const request = someRequest();
  await enqueue(database.sql, request);
  const stopped = startWorker(service.url, leaseMs);
  t.after(() => stopped.signal("SIGKILL"));
  await waitFor("the call", () => service.heard.length === 1);
  stopped.signal("SIGSTOP");
  const other = startWorker(service.url, leaseMs);
  t.after(() => other.signal("SIGKILL"));
  await waitFor("the other one has done it", async () => (await stateOf(request.id)) === "done");
  stopped.signal("SIGCONT");
  await waitFor("it says so", () => stopped.said().includes("somebody else has taken it up"));
  deepEqual((await findTask(database.sql, request.id))?.result, { call: 2 });
});

test("a worker told to stop hands its task back, and the attempt does not count", async (t) => {
  const service = await startService({ delayMs: () => 60_000 });
  t.after(service.close);
  const request = someRequest();
  await enqueue(database.sql, request);
  const worker = startWorker(service.url, leaseMs);
  await waitFor("the call", () => service.heard.length === 1);
  worker.signal("SIGTERM");
  await worker.ended;
  const task = await findTask(database.sql, request.id);
  deepEqual([task?.state, task?.attempts], ["queued", 0]);
});

test("a task cancelled through another process ends there at the next renewal", async (t) => {
  const service = await startService({ delayMs: () => 60_000 });
  t.after(service.close);
  const request = someRequest();
  await enqueue(database.sql, request);
  const worker = startWorker(service.url, leaseMs);
  t.after(() => worker.signal("SIGKILL"));
  await waitFor("the call", () => service.heard.length === 1);
  equal((await cancel(database.sql, request.id))?.state, "running");
  await waitFor("it is cancelled", async () => (await stateOf(request.id)) === "cancelled");
  match(worker.said(), /the task is cancelled/);
});
