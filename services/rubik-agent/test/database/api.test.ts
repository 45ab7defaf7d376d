import { deepEqual, equal, match } from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, test } from "node:test";
import type { Database } from "../../src/database.ts";
import { emptyDatabase } from "../support/real-database.ts";
import { type Client, startAgent } from "../support/running-agent.ts";
import { type Service, type ServiceOptions, startService } from "../support/service.ts";
import { waitFor } from "../support/wait-for.ts";

let database: Database;
const ends: (() => Promise<void>)[] = [];
beforeEach(async () => {
  database = await emptyDatabase();
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
  await database.close();
});

async function start(options: ServiceOptions = {}): Promise<{ readonly agent: Client; readonly service: Service }> {
  const service = await startService(options);
  const agent = await startAgent(database, service.url);
  ends.push(service.close, agent.stop);
  return { agent, service };
}

const state = async (agent: Client, id: unknown): Promise<unknown> => (await agent.ask("GET", `/tasks/${id}`)).body["state"];

test("a task goes all the way: queued, called with the token, done, and its result read", async () => {
  const { agent, service } = await start();
  const posted = await agent.ask("POST", "/tasks", { kind: "analyse", payload: { window: "24h" } });
  equal(posted.status, 201);
  const { id } = posted.body;
  await waitFor("it is done", async () => (await state(agent, id)) === "done");
  deepEqual((await agent.ask("GET", `/tasks/${id}`)).body["result"], { call: 1 });
  deepEqual(service.heard, [{ id, path: "/v1/analyse", body: { window: "24h" }, authorization: "Bearer the-token" }]);
});

test("5xx is tried again after a while, and then its result counts", async () => {
  const { agent, service } = await start({ status: (nth) => (nth === 1 ? 503 : 200) });
  const { id } = (await agent.ask("POST", "/tasks", { kind: "train" })).body;
  await waitFor("it waits for its second attempt", async () => {
    const { body } = await agent.ask("GET", `/tasks/${id}`);
    return body["state"] === "queued" && String(body["error"]).includes("recurrent-processor answered 503");
  });
  await waitFor("it is done", async () => (await state(agent, id)) === "done");
  equal(service.heard.length, 2);
  equal((await agent.ask("GET", `/tasks/${id}`)).body["error"], null);
});

test("4xx is final, and the service's own sentence is kept", async () => {
  const { agent, service } = await start({ status: () => 422 });
  const { id } = (await agent.ask("POST", "/tasks", { kind: "train" })).body;
  await waitFor("it failed", async () => (await state(agent, id)) === "failed");
  match(String((await agent.ask("GET", `/tasks/${id}`)).body["error"]), /recurrent-processor answered 422: status 422 was asked for/);
  equal(service.heard.length, 1);
});

test("a task that does not end by its deadline fails", async () => {
  const { agent } = await start({ delayMs: () => 60_000 });
  const { id } = (await agent.ask("POST", "/tasks", { kind: "train", deadline_ms: 1_000 })).body;
  await waitFor("it failed", async () => (await state(agent, id)) === "failed");
  match(
    String((await agent.ask("GET", `/tasks/${id}`)).body["error"]),
    /no end within [\d.]+ s; another attempt would come after the deadline of 1 s/,
  );
});

test("a running task is cancelled at once, a waiting one too, and one that ended stays", async () => {
  const { agent, service } = await start({ delayMs: () => 60_000 });
  const running = (await agent.ask("POST", "/tasks", { kind: "train" })).body["id"];
  await waitFor("it runs", () => service.heard.length === 1);
  equal((await agent.ask("POST", `/tasks/${running}/cancel`, {})).status, 202);
  await waitFor("it is cancelled", async () => (await state(agent, running)) === "cancelled");
  const later = new Date(Date.now() + 3_600_000).toISOString();
  const waiting = (await agent.ask("POST", "/tasks", { kind: "train", run_at: later })).body["id"];
  const cancelled = await agent.ask("POST", `/tasks/${waiting}/cancel`);
  deepEqual([cancelled.status, cancelled.body["state"]], [200, "cancelled"]);
  equal((await agent.ask("POST", `/tasks/${waiting}/cancel`)).status, 200, "again is no mistake");
  equal((await agent.ask("POST", `/tasks/${randomUUID()}/cancel`)).status, 404);
  await database.sql("UPDATE tasks SET state = 'done' WHERE id = $1", [waiting]);
  const late = await agent.ask("POST", `/tasks/${waiting}/cancel`);
  deepEqual([late.status, late.body["error"]], [409, `The task ${waiting} is done; there is nothing left to cancel.`]);
});

test("a sender that repeats itself gets the task that is there", async () => {
  const { agent } = await start();
  const body = { id: randomUUID(), kind: "detect", payload: { from: "1h" }, run_at: new Date(Date.now() + 3_600_000).toISOString() };
  const [first, second] = [await agent.ask("POST", "/tasks", body), await agent.ask("POST", "/tasks", body)];
  deepEqual([first.status, second.status], [201, 200]);
  deepEqual(second.body, first.body, "with the times of the first");
  equal((await agent.ask("POST", "/tasks", { id: body.id, kind: "train" })).status, 409);
});

test("lists can be filtered and read page by page", async () => {
  const { agent } = await start();
  const later = new Date(Date.now() + 3_600_000).toISOString();
  for (const kind of ["train", "train", "train", "analyse"]) {
    await agent.ask("POST", "/tasks", { kind, run_at: later, ...(kind === "analyse" ? { payload: { window: "1h" } } : {}) });
  }
  const page = async (query: string) =>
    (await agent.ask("GET", `/tasks?${query}`)).body as { tasks: { id: string }[]; next: string | null };
  const first = await page("kind=train&state=queued,running&from=1h&limit=2");
  const second = await page(`kind=train&state=queued,running&from=1h&limit=2&after=${first.next}`);
  deepEqual([first.tasks.length, second.tasks.length, second.next], [2, 1, null]);
  equal(new Set([...first.tasks, ...second.tasks].map(({ id }) => id)).size, 3);
  equal((await page("to=1h")).tasks.length, 0);
});

test("a schedule is put there and changed", async () => {
  const { agent } = await start();
  const schedule = { kind: "detect", payload: { from: "15m" }, every_ms: 60_000 };
  equal((await agent.ask("PUT", "/schedules/recent", schedule)).status, 200);
  equal((await agent.ask("PUT", "/schedules/recent", { ...schedule, enabled: false })).status, 200);
  const [found, ...others] = (await agent.ask("GET", "/schedules")).body["schedules"] as {
    name: string;
    enabled: boolean;
    payload: unknown;
  }[];
  deepEqual([found?.name, found?.enabled, found?.payload, others.length], ["recent", false, { from: "15m" }, 0]);
});

test("health, status and metrics say how much there is", async () => {
  const { agent } = await start();
  const { id } = (await agent.ask("POST", "/tasks", { kind: "train" })).body;
  await waitFor("it is done", async () => (await state(agent, id)) === "done");
  const health = await agent.ask("GET", "/health");
  deepEqual([health.status, health.body["status"]], [200, "healthy"]);
  deepEqual(health.body["tasks"], { queued: 0, running: 0, done: 1, failed: 0, cancelled: 0 });
  const status = await agent.ask("GET", "/status");
  deepEqual(
    [status.body["database"], (status.body["agents"] as { ready: boolean }[]).map(({ ready }) => ready)],
    ["answers", [true, true, true]],
  );
  const { text } = await agent.ask("GET", "/metrics");
  for (const line of [
    'rubik_tasks{kind="train",state="done"} 1',
    "rubik_database_up 1",
    'rubik_attempts_total{kind="train",state="done"} 1',
  ]) {
    match(text, new RegExp(`^${line.replaceAll(/[{}]/g, "\\$&")}$`, "m"));
  }
  equal((await agent.ask("GET", "/ready")).status, 200);
});
