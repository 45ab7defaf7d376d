import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** One call that the service was asked. */
export type Heard = { readonly id: string; readonly path: string; readonly body: unknown; readonly authorization: string };

export type Service = {
  readonly url: string;
  readonly heard: readonly Heard[];
  /** What it did, by task: doing it again changes nothing, as in the real services. */
  readonly effects: ReadonlyMap<string, unknown>;
  readonly close: () => Promise<void>;
};

export type ServiceOptions = {
  readonly delayMs?: (nth: number) => number;
  /** The status of the nth call to it for a task; 200 otherwise. */
  readonly status?: (nth: number) => number;
};

/** A service such as tasks are sent to. Each answer says which call it was, so a result shows where it comes from. */
export async function startService(options: ServiceOptions = {}): Promise<Service> {
  const heard: Heard[] = [];
  const calls = new Map<string, number>();
  const effects = new Map<string, unknown>();
  const closing = new AbortController();
  const reply = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const id = String(request.headers["idempotency-key"]);
    const body = JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown;
    const nth = (calls.get(id) ?? 0) + 1;
    calls.set(id, nth);
    const call = heard.push({ id, path: request.url ?? "", body, authorization: request.headers.authorization ?? "" });
    await sleep(options.delayMs?.(nth) ?? 0, undefined, { signal: closing.signal });
    const status = options.status?.(nth) ?? 200;
    if (status === 200) effects.set(id, body);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(status === 200 ? { call } : { error: `status ${status} was asked for` }));
  };
  // A caller that goes away in the middle is what these tests are about.
  const server = createServer((request, response) => void reply(request, response).catch(() => response.destroy()));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    effects,
    close: async () => {
      closing.abort();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
