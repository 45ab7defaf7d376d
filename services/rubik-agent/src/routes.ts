import type { Database } from "./database.ts";

export type Answer = { readonly code: 200 | 404 | 405 | 503; readonly body: Readonly<Record<string, unknown>> };

export type Facts = { readonly database: Database; readonly uptimeSeconds: () => number };

type Route = (facts: Facts) => Promise<Answer>;

/** Every path of this service. */
const routes: Readonly<Record<string, Route>> = {
  // Liveness: the process answers. A database that is away is not healed by restarting this one.
  "/live": async () => ({ code: 200, body: { status: "live" } }),
  "/ready": async ({ database }) => await asking(async () => database.ask().then(() => ({ status: "ready" }))),
  "/health": async ({ database }) => await asking(async () => ({ status: "healthy", beats: await database.beat() })),
  "/status": async ({ database, uptimeSeconds }) => {
    const found = await asking(async () => ({ beats: await database.beat() }));
    return { code: 200, body: { service: "rubik-agent", uptimeSeconds: uptimeSeconds(), database: found.body } };
  },
};

/** Answers one request. */
export async function answer(method: string, path: string, facts: Facts): Promise<Answer> {
  const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
  if (route === undefined) return { code: 404, body: { error: "no such path" } };
  if (method !== "GET" && method !== "HEAD") return { code: 405, body: { error: "only GET" } };
  return await route(facts);
}

async function asking(question: () => Promise<Readonly<Record<string, unknown>>>): Promise<Answer> {
  try {
    return { code: 200, body: await question() };
  } catch (error) {
    return { code: 503, body: { status: "unavailable", database: error instanceof Error ? error.message : "failed" } };
  }
}
