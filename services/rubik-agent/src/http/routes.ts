import type { IncomingMessage } from "node:http";
import type { Database } from "../database.ts";
import { Refusal, shown } from "../refusal.ts";
import type { Tally } from "../tally.ts";
import { authorise } from "./authorise.ts";
import { readJson } from "./body.ts";
import { metrics } from "./metrics.ts";
import { getSchedules, setSchedule } from "./schedules.ts";
import { agentStates, health, live, ready, status } from "./state.ts";
import { cancelTask, createTask, getTask, listTasks } from "./tasks.ts";

/** What the answers are made from. */
export type Facts = {
  readonly database: Database;
  readonly token: string;
  readonly tally: Tally;
  readonly version: string;
  readonly uptimeSeconds: () => number;
  readonly now: () => number;
  /** Calls under way, and how long ago this process last looked for work. */
  readonly worker: { readonly running: () => number; readonly turnedSecondsAgo: () => number; readonly cancel: (id: string) => void };
  /** There may be something to do at once. */
  readonly poke: () => void;
  /** Whether a service answers. */
  readonly isReady: (service: string, port: number) => Promise<boolean>;
};

export type Asked = {
  readonly facts: Facts;
  /** What stands in the place of `:id` or `:name`. */
  readonly id: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
};

export type Reply = {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>> | string;
  readonly headers?: Readonly<Record<string, string>>;
};

type Handler = (asked: Asked) => Promise<Reply>;

/** Everything this service answers to. Whatever is not a GET changes something, and needs the token and JSON. */
const routes: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
  "/live": { GET: live },
  "/ready": { GET: ready },
  "/health": { GET: health },
  "/status": { GET: status },
  "/metrics": { GET: metrics },
  "/agents": { GET: agentStates },
  "/tasks": { GET: listTasks, POST: createTask },
  "/tasks/:id": { GET: getTask },
  "/tasks/:id/cancel": { POST: cancelTask },
  "/schedules": { GET: getSchedules },
  "/schedules/:id": { PUT: setSchedule },
};

/** Answers one request; refuses it by throwing. */
export async function answer(request: IncomingMessage, facts: Facts): Promise<Reply> {
  const { path, query } = addressOf(request.url ?? "/");
  const { handlers, id } = routeOf(path);
  const method = request.method === "HEAD" ? "GET" : (request.method ?? "GET");
  const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined;
  if (handler === undefined) {
    const allow = Object.keys(handlers).join(", ");
    throw new Refusal(405, `${path} takes ${allow}, not ${method}.`, { headers: { allow } });
  }
  if (method === "GET") return await handler({ facts, id, query, body: undefined });
  authorise(request, facts.token);
  return await handler({ facts, id, query, body: await readJson(request) });
}

function addressOf(url: string): { readonly path: string; readonly query: URLSearchParams } {
  const mark = url.indexOf("?");
  const raw = mark === -1 ? url : url.slice(0, mark);
  return { path: raw, query: new URLSearchParams(mark === -1 ? "" : url.slice(mark + 1)) };
}

function routeOf(path: string): { readonly handlers: Readonly<Record<string, Handler>>; readonly id: string } {
  const parts = path.split("/");
  for (const [pattern, handlers] of Object.entries(routes)) {
    const words = pattern.split("/");
    if (words.length !== parts.length) continue;
    if (words.every((word, index) => word === parts[index] || (word === ":id" && parts[index] !== ""))) {
      return { handlers, id: parts[words.indexOf(":id")] ?? "" };
    }
  }
  throw new Refusal(404, `There is no ${shown(path)} here; see /agents, /tasks, /schedules, /status, /metrics, /health, /live, /ready.`);
}
