import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Refusal } from "../refusal.ts";
import { answer, type Facts, type Reply } from "./routes.ts";

/** The HTTP server, not listening yet. */
export function makeServer(facts: Facts, say: (line: string) => void): Server {
  const server = createServer((request, response) => {
    void answer(request, facts)
      .catch((error: unknown) => replyTo(error, request, say))
      .then((reply) => {
        facts.tally.answered(reply.status);
        send(request, response, reply);
      });
  });
  server.headersTimeout = 5_000;
  server.requestTimeout = 10_000;
  server.keepAliveTimeout = 5_000;
  server.maxConnections = 256;
  return server;
}

/** A refusal as it is; anything else is the database's trouble, or ours, and is said. */
function replyTo(error: unknown, request: IncomingMessage, say: (line: string) => void): Reply {
  if (error instanceof Refusal) {
    const field = error.field === undefined ? {} : { field: error.field };
    return { status: error.status, body: { error: error.message, ...field }, headers: error.headers };
  }
  const reason = error instanceof Error ? error.message : String(error);
  say(`Cannot answer ${request.method} ${(request.url ?? "").slice(0, 200)}: ${reason}`);
  if (error instanceof TypeError || error instanceof RangeError)
    return { status: 500, body: { error: "That is a mistake of this service; its log says more." } };
  return { status: 503, body: { error: `The database cannot be asked: ${reason}.` }, headers: { "retry-after": "5" } };
}

function send(request: IncomingMessage, response: ServerResponse, { status, body, headers }: Reply): void {
  const text = typeof body === "string" ? body : `${JSON.stringify(body)}\n`;
  response.writeHead(status, {
    "content-type": typeof body === "string" ? "text/plain; version=0.0.4; charset=utf-8" : "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    ...headers,
  });
  response.end(request.method === "HEAD" ? undefined : text);
}
