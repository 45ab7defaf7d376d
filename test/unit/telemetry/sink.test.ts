import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcp, type Server } from "node:net";
import { join } from "node:path";
import t from "tap";
import { judgeAnswer } from "../../../src/adapters/telemetry/answer.ts";
import { httpSink } from "../../../src/adapters/telemetry/sink.ts";
import { readToken } from "../../../src/adapters/telemetry/token.ts";
import { afterAnswer, newDelivery } from "../../../src/agent/telemetry/delivery.ts";
import { away, refused, taken } from "./given.ts";

/** What a sink may answer, and what follows from it. */
const judge = (status: number, body = "", more: { readonly retryAfter?: string; readonly location?: string } = {}) =>
  judgeAnswer({ status, body, retryAfter: more.retryAfter, location: more.location });

t.test("each answer has its meaning", async (t) => {
  for (const status of [200, 202, 204]) t.match(judge(status, "whatever"), { kind: "taken", rejected: 0 }, `${status}`);
  for (const status of [408, 425, 429, 500, 502, 503, 504, 599, 100]) t.match(judge(status), { kind: "away", because: `HTTP ${status}` });
  for (const status of [401, 403, 407]) t.match(judge(status), { kind: "denied" }, `${status}`);
  for (const status of [400, 413, 422]) t.match(judge(status), { kind: "refused", divisible: true }, `${status}`);
  for (const status of [404, 405, 410, 415]) t.match(judge(status), { kind: "refused", divisible: false }, `${status}`);
  t.match(judge(302, "", { location: "http://elsewhere/" }), {
    kind: "denied",
    because: "HTTP 302, a redirect to http://elsewhere/, which is not followed",
  });
  t.match(judge(503, "", { retryAfter: "7" }), { retryAfterMs: 7_000 });
  t.notOk("retryAfterMs" in judge(503, "", { retryAfter: "Wed, 21 Oct 2026 07:28:00 GMT" }));
  t.match(judge(200, '{"accepted":1,"rejected":[{"index":3,"error":"too old"},{"index":4}]}'), { rejected: 2, because: "too old" });
  t.match(judge(200, '{"rejected":7}'), { rejected: 0 });
  t.match(judge(400, '{"error":"not\\u001b[2J JSON"}'), { because: "HTTP 400: not [2J JSON" }, "its words cannot steer a terminal");
  t.ok(judge(400, JSON.stringify({ error: "x".repeat(10_000) })).because.length < 300);
});

t.test("tries come ever later, and no later than five minutes, whatever the sink asks for", async (t) => {
  const at = { items: 1, batch: 500, nowMs: 0 };
  const waits: number[] = [];
  let delivery = newDelivery(500);
  for (let count = 0; count < 12; count += 1) {
    delivery = afterAnswer(delivery, away, { ...at, rng: () => 0.5 }).delivery;
    waits.push(delivery.retryAtMs);
  }
  t.same(
    waits,
    [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300].map((seconds) => seconds * 1_000),
  );
  for (const [rng, ms] of [
    [0, 750],
    [0.9999, 1_250],
  ] as const)
    t.equal(afterAnswer(newDelivery(1), away, { ...at, rng: () => rng }).delivery.retryAtMs, ms);
  const asked = (retryAfterMs: number) => afterAnswer(newDelivery(1), { ...away, retryAfterMs } as typeof away, { ...at, rng: () => 0.5 });
  t.equal(asked(30_000).delivery.retryAtMs, 30_000);
  t.equal(asked(9_999_000).delivery.retryAtMs, 300_000);
  t.equal(asked(0).delivery.retryAtMs, 1_000);
  t.match(afterAnswer(delivery, taken, { ...at, rng: () => 0.5 }), {
    fate: "delivered",
    delivery: { failures: 0, downSinceMs: undefined },
  });
});

t.test("a refused batch is halved, a refused item dropped", async (t) => {
  const at = { batch: 500, nowMs: 0, rng: () => 0.5 };
  const halved = afterAnswer(newDelivery(500), refused, { ...at, items: 7 });
  t.match(halved, { fate: "kept", delivery: { limit: 4, retryAtMs: 0 } });
  t.match(afterAnswer(halved.delivery, refused, { ...at, items: 1 }), { fate: "dropped", delivery: { refusals: 1 } });
  const whole = { kind: "refused", because: "HTTP 404", divisible: false } as const;
  t.match(afterAnswer(newDelivery(500), whole, { ...at, items: 7 }), { fate: "dropped" });
});

const folder = t.testdir({});
const tokenFile = (name: string, text: string, mode = 0o600): string => {
  writeFileSync(join(folder, name), text);
  chmodSync(join(folder, name), mode);
  return join(folder, name);
};

t.test("a token is read only from a file of our own that nobody else can read", async (t) => {
  t.equal(await readToken(tokenFile("good", "s3cret\n")), "s3cret");
  t.equal(await readToken(tokenFile("readonly", "s3cret", 0o400)), "s3cret");
  mkdirSync(join(folder, "folder"));
  symlinkSync("good", join(folder, "link"));
  const bad = {
    [tokenFile("group", "x", 0o640)]: /others may read it \(mode 640\)/,
    [tokenFile("world", "x", 0o604)]: /others may read it/,
    [tokenFile("empty", "\n")]: /one word/,
    [tokenFile("header", "x\r\nHost: evil")]: /one word/,
    [tokenFile("long", "x".repeat(5_000))]: /longer than 4096/,
    [join(folder, "folder")]: /not a file/,
    [join(folder, "link")]: /a link/,
    [join(folder, "none")]: /not there/,
  };
  for (const [path, message] of Object.entries(bad)) {
    const error = await readToken(path).then(
      () => undefined,
      (error: Error) => error,
    );
    t.match(error?.message, message, path);
    t.match(error, { code: "token-unusable" });
    t.notMatch(error?.message, /evil|xxx/, "what is in it is not repeated");
  }
});

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((done) => void server.listen(0, "127.0.0.1", done));
  return (server.address() as AddressInfo).port;
};
const never = new AbortController().signal;

t.test("it posts JSON with its token below the address, and follows no redirect", async (t) => {
  const seen: { url?: string | undefined; method?: string | undefined; headers?: unknown; body?: string }[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk) => (body += chunk));
    request.on("end", () => {
      seen.push({ url: request.url, method: request.method, headers: request.headers, body });
      if (request.url?.startsWith("/moved")) response.writeHead(307, { location: "/elsewhere" });
      else if (request.url?.startsWith("/echo")) response.writeHead(400);
      response.end(`{"error":"you sent ${request.headers.authorization}"}`);
    });
  });
  t.teardown(() => server.close());
  const port = await listen(server);
  const post = (path: string, readToken?: () => Promise<string>) =>
    httpSink({ url: `http://127.0.0.1:${port}${path}`, readToken }).post("v1/samples", '{"samples":[]}', never);
  t.match(await post("/in", async () => "s3cret"), { kind: "taken" });
  t.match(seen[0], { url: "/in/v1/samples", method: "POST", body: '{"samples":[]}' });
  t.match(seen[0]?.headers, { "content-type": "application/json", "content-length": "14", authorization: "Bearer s3cret" });
  t.match(await post("/moved/"), { kind: "denied", because: /^HTTP 307/ });
  t.equal(seen.length, 2, "the other address was not asked");
  const echoed = await post("/echo", async () => "s3cret");
  t.match(echoed, { kind: "refused", because: "HTTP 400: you sent Bearer [token]" });
  const unreadable = async (): Promise<string> => {
    throw new Error("Cannot use the token in /x: the file is not there.");
  };
  t.match(await post("/in", unreadable), { kind: "denied", because: /not there/ });
  t.equal(seen.length, 3, "without its token nothing is sent");
});

t.test("a sink that hangs, breaks off, talks without end or is no HTTP is away, within the deadline", async (t) => {
  const answers: Readonly<Record<string, string | undefined>> = {
    hang: undefined,
    half: "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{",
    other: "hello\n",
  };
  for (const [name, text] of Object.entries(answers)) {
    const server = createTcp((socket) => {
      socket.on("error", () => {});
      if (text !== undefined) socket.once("data", () => socket.write(text));
      if (name === "half") socket.once("data", () => setTimeout(() => socket.destroy(), 20));
    });
    const port = await listen(server);
    const sink = httpSink({ url: `http://127.0.0.1:${port}`, readToken: undefined, deadlineMs: 300 });
    t.match(await sink.post("v1/samples", "{}", never), { kind: "away" }, name);
    server.close();
  }
  const endless = createServer((_, response) => {
    const more = setInterval(() => response.write("x".repeat(10_000)), 1);
    response.on("close", () => clearInterval(more));
  });
  const sink = httpSink({ url: `http://127.0.0.1:${await listen(endless)}`, readToken: undefined, deadlineMs: 5_000 });
  t.match(await sink.post("v1/samples", "{}", never), { kind: "taken" }, "its head said so, and nobody reads all of it");
  endless.close();
  t.match(await httpSink({ url: "http://127.0.0.1:1", readToken: undefined }).post("a", "{}", never), { because: "connection refused" });
});

t.test("a stop ends a request at once", async (t) => {
  const server = createTcp((socket) => void socket.on("error", () => {}));
  const sink = httpSink({ url: `http://127.0.0.1:${await listen(server)}`, readToken: undefined });
  const stopping = new AbortController();
  const posted = sink.post("v1/samples", "{}", stopping.signal);
  setTimeout(() => stopping.abort(), 20);
  t.match(await posted, { kind: "away" });
  server.close();
});
