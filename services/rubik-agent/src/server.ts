import { createServer, type Server } from "node:http";
import { answer, type Facts } from "./routes.ts";

/** The HTTP server, not listening yet. */
export function makeServer(facts: Facts): Server {
  const server = createServer((request, response) => {
    const path = (request.url ?? "/").split("?", 1)[0] ?? "/";
    void answer(request.method ?? "GET", path, facts).then(({ code, body }) => {
      const text = `${JSON.stringify(body)}\n`;
      response.writeHead(code, {
        "content-type": "application/json; charset=utf-8",
        "content-length": Buffer.byteLength(text),
        "cache-control": "no-store",
      });
      response.end(request.method === "HEAD" ? undefined : text);
    });
  });
  server.headersTimeout = 5_000;
  server.requestTimeout = 10_000;
  return server;
}
