import { randomUUID } from "node:crypto";
import type { AddressInfo } from "node:net";
import type { Database } from "../../src/database.ts";
import type { Facts } from "../../src/http/routes.ts";
import { makeServer } from "../../src/http/server.ts";
import { startOrchestrator } from "../../src/orchestrator.ts";
import { makeTally } from "../../src/tally.ts";

export const token = "the-token";

export type Answer = { readonly status: number; readonly body: Record<string, unknown>; readonly text: string; readonly headers: Headers };

export type Client = {
  readonly url: string;
  readonly ask: (method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>) => Promise<Answer>;
};

/** Requests as a person's program sends them; a text is sent as it is, anything else as JSON. */
export function clientOf(url: string): Client {
  return {
    url,
    ask: async (method, path, body, headers = {}) => {
      const response = await fetch(url + path, {
        method,
        headers: { authorization: `Bearer ${token}`, ...(method === "GET" ? {} : { "content-type": "application/json" }), ...headers },
        ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      });
      const text = await response.text();
      const isJson = response.headers.get("content-type")?.startsWith("application/json") === true && text !== "";
      return {
        status: response.status,
        body: isJson ? (JSON.parse(text) as Record<string, unknown>) : {},
        text,
        headers: response.headers,
      };
    },
  };
}

export async function listen(facts: Facts): Promise<Client & { readonly close: () => Promise<void> }> {
  const server = makeServer(facts, () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const client = clientOf(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  return {
    ...client,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The whole of rubik-agent in this process, with one address in the place of all three services. */
export async function startAgent(database: Database, serviceUrl: string): Promise<Client & { readonly stop: () => Promise<void> }> {
  const tally = makeTally();
  const orchestrator = startOrchestrator({
    ...{ database, token, tally, name: `test-${randomUUID()}`, schedules: false },
    say: () => {},
    random: () => 0,
    baseUrl: () => serviceUrl,
  });
  const client = await listen({
    ...{ database, token, tally, version: "0.0.0", worker: orchestrator, poke: orchestrator.poke, now: Date.now },
    uptimeSeconds: () => 7,
    isReady: async () => true,
  });
  return {
    ...client,
    stop: async () => {
      await client.close();
      await orchestrator.stop(0);
    },
  };
}
