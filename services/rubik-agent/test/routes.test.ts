import { deepEqual, equal, match } from "node:assert/strict";
import { test } from "node:test";
import type { Database } from "../src/database.ts";
import { answer } from "../src/routes.ts";

function counting(): Database {
  let count = 0;
  return { ask: async () => {}, beat: async () => ++count, close: async () => {} };
}

const away: Database = {
  ask: async () => Promise.reject(new Error("connect ECONNREFUSED")),
  beat: async () => Promise.reject(new Error("connect ECONNREFUSED")),
  close: async () => {},
};

const uptimeSeconds = (): number => 7;

test("health counts up in the database and says the count", async () => {
  const facts = { database: counting(), uptimeSeconds };
  await answer("GET", "/health", facts);
  deepEqual(await answer("GET", "/health", facts), { code: 200, body: { status: "healthy", beats: 2 } });
});

test("without the database it is alive, not ready and not healthy, and status still tells", async () => {
  const facts = { database: away, uptimeSeconds };
  equal((await answer("GET", "/live", facts)).code, 200);
  equal((await answer("GET", "/ready", facts)).code, 503);
  equal((await answer("GET", "/health", facts)).code, 503);
  const status = await answer("GET", "/status", facts);
  equal(status.code, 200);
  match(JSON.stringify(status.body), /ECONNREFUSED/);
});

test("a path it does not have is 404, also one that every object has", async () => {
  const facts = { database: counting(), uptimeSeconds };
  equal((await answer("GET", "/toString", facts)).code, 404);
  equal((await answer("POST", "/health", facts)).code, 405);
});
