import { deepEqual, match } from "node:assert/strict";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { type TestContext, test } from "node:test";
import { call } from "../src/worker/call.ts";

async function serve(t: TestContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
}

const ask = (url: string, signal = new AbortController().signal) => call({ url, token: "t", id: "i", body: { a: 1 }, signal });

test("an answer is an answer, whatever its status", async (t) => {
  deepEqual(await ask(await serve(t, (_request, response) => response.writeHead(418).end("tea"))), { status: 418, text: "tea" });
});

test("whatever else happens is the reason why there is no answer", async (t) => {
  const saying = async (url: string, signal?: AbortSignal): Promise<string> => JSON.stringify(await ask(url, signal));
  match(await saying("http://127.0.0.1:1/"), /ECONNREFUSED/);
  match(await saying(await serve(t, (request) => request.socket.destroy())), /socket hang up|ECONNRESET/);
  match(await saying(await serve(t, (_request, response) => response.writeHead(200, { "content-length": 9 }).end("short"))), /noAnswer/);
  match(await saying(await serve(t, (_request, response) => response.end(" ".repeat(1_100_000)))), /more than 1048576 bytes/);
  const controller = new AbortController();
  const silent = await serve(t, () => controller.abort("it was enough"));
  deepEqual(await ask(silent, controller.signal), { noAnswer: "it was enough" });
  deepEqual(await ask(silent, controller.signal), { noAnswer: "it was enough" });
});
