import { deepEqual, equal, match } from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Database } from "../src/database.ts";
import type { Facts } from "../src/http/routes.ts";
import { makeTally } from "../src/tally.ts";
import { listen } from "./support/running-agent.ts";

/** What can be said without a database: every question to it fails. */
const away: Database = {
  sql: async () => Promise.reject(new Error("connect ECONNREFUSED")),
  transaction: async () => Promise.reject(new Error("connect ECONNREFUSED")),
  close: async () => {},
};

let turnedSecondsAgo = 0;
let agent: Awaited<ReturnType<typeof listen>>;
const facts: Facts = {
  ...{ database: away, token: "the-token", tally: makeTally(), version: "1.2.3", now: Date.now, poke: () => {} },
  worker: { running: () => 0, cancel: () => {}, turnedSecondsAgo: () => turnedSecondsAgo },
  uptimeSeconds: () => 7,
  isReady: async () => false,
};
before(async () => {
  agent = await listen(facts);
});
after(async () => await agent.close());

const task = { kind: "train" };

test("without the database it is alive, not ready and not healthy, and status and metrics still tell", async () => {
  const codes = await Promise.all(
    ["/live", "/ready", "/health", "/status", "/metrics"].map(async (path) => (await agent.ask("GET", path)).status),
  );
  deepEqual(codes, [200, 503, 503, 200, 200]);
  const { body } = await agent.ask("GET", "/status");
  deepEqual([body["service"], body["version"], body["database"], body["error"]], ["rubik-agent", "1.2.3", "away", "connect ECONNREFUSED"]);
  match((await agent.ask("GET", "/metrics")).text, /^rubik_database_up 0$/m);
  const posted = await agent.ask("POST", "/tasks", task);
  deepEqual([posted.status, posted.body["error"]], [503, "The database cannot be asked: connect ECONNREFUSED."]);
});

test("a database that hangs is said to hang, before who asks has lost patience", async (t) => {
  const hung: Database = { ...away, sql: () => new Promise(() => {}) };
  const hanging = await listen({ ...facts, database: hung });
  t.after(hanging.close);
  const { status, body } = await hanging.ask("GET", "/ready");
  deepEqual([status, body["error"]], [503, "The database did not answer within 1.2 s."]);
});

test("one that no longer looks for work is not alive", async () => {
  turnedSecondsAgo = 61;
  equal((await agent.ask("GET", "/live")).status, 503);
  turnedSecondsAgo = 0;
});

test("whoever writes needs the token", async () => {
  for (const authorization of ["", "Bearer", "Bearer the-token2", "Basic the-token"]) {
    const { status, headers } = await agent.ask("POST", "/tasks", task, { authorization });
    deepEqual([status, headers.get("www-authenticate")], [401, 'Bearer realm="phoenix"'], authorization);
  }
  equal((await agent.ask("PUT", "/schedules/x", {}, { authorization: "" })).status, 401);
});

test("a body must be JSON, say so, and not be huge", async () => {
  equal((await agent.ask("POST", "/tasks", task, { "content-type": "text/plain" })).status, 415);
  equal((await agent.ask("POST", "/tasks", task, { "content-encoding": "gzip" })).status, 415);
  const broken = await agent.ask("POST", "/tasks", '{"kind":');
  equal(broken.status, 400);
  match(String(broken.body["error"]), /^The body is not JSON: /);
  const huge = await agent.ask("POST", "/tasks", " ".repeat(65_537));
  deepEqual([huge.status, huge.body["error"]], [413, "The body must not be longer than 65536 bytes."]);
  const stream = new ReadableStream({
    pull: (controller) => controller.enqueue(new TextEncoder().encode(" ".repeat(16_384))),
  });
  const headers = { authorization: "Bearer the-token", "content-type": "application/json" };
  const options = { method: "POST", headers, body: stream, duplex: "half" } as RequestInit;
  const endless = await fetch(`${agent.url}/tasks`, options).then(
    ({ status }) => status,
    () => "cut off",
  );
  equal(endless === 413 || endless === "cut off", true, `a body without end: ${endless}`);
});

test("what is not there is 404, another method 405, and a HEAD is a GET without its body", async () => {
  for (const path of ["/toString", "/tasks/", "/tasks/1/2", "//", "/%2e%2e", "/Tasks"])
    equal((await agent.ask("GET", path)).status, 404, path);
  const { status, headers } = await agent.ask("DELETE", "/tasks");
  deepEqual([status, headers.get("allow")], [405, "GET, POST"]);
  const head = await agent.ask("HEAD", "/live");
  deepEqual([head.status, head.text], [200, ""]);
});

test("a query that means nothing is refused", async () => {
  const refusals: Readonly<Record<string, string>> = {
    "state=open": 'state must be one of queued, running, done, failed, cancelled, not "open".',
    "limit=0": 'limit must be a number from 1 to 200, not "0".',
    "limit=1&limit=2": "limit stands there more than once.",
    "page=2": '"page" is not a parameter; they are state, kind, schedule, from, to, after, limit.',
    "after=1": 'after must be a UUID, not "".',
    "from=soon": 'from must be a time such as 2026-11-26T11:00:00.000Z, or a span such as 1h, not "soon".',
    "schedule=A": 'A schedule\'s name has 1 to 40 small letters, digits and dashes; "A" is none.',
  };
  for (const [query, sentence] of Object.entries(refusals)) {
    const { status, body } = await agent.ask("GET", `/tasks?${query}`);
    deepEqual([status, body["error"]], [422, sentence], query);
  }
  equal((await agent.ask("GET", "/tasks/7")).status, 422);
});
