import fc from "fast-check";
import t from "tap";
import { type HttpAnswer, readHttpAnswer } from "../../../src/adapters/probe/http-answer.ts";

const whole = (status: number, location?: string): HttpAnswer => ({ state: "whole", head: { status, location } });
const unfinished: HttpAnswer = { state: "unfinished" };
const broken = (because: string): HttpAnswer => ({ state: "broken", because });

t.test("an answer is read as far as it goes", async (t) => {
  const cases: readonly (readonly [name: string, text: string, isClosed: boolean, answer: HttpAnswer])[] = [
    ["nothing yet", "", false, unfinished],
    ["half a first line", "HTTP/1.1 20", false, unfinished],
    ["a head without its end", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n", false, unfinished],
    ["no body", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", false, whole(200)],
    ["HTTP/1.0 and no reason phrase", "HTTP/1.0 503\r\nContent-Length: 0\r\n\r\n", false, whole(503)],
    ["bare line feeds", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok", false, whole(200)],
    ["half a body", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok", false, unfinished],
    ["half a body, and the server hung up", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nok", true, unfinished],
    ["a body that ends with the connection, which goes on", "HTTP/1.1 200 OK\r\n\r\nok", false, unfinished],
    ["a body that ends with the connection", "HTTP/1.1 200 OK\r\n\r\nok", true, whole(200)],
    ["no content has no body", "HTTP/1.1 204 No Content\r\n\r\n", false, whole(204)],
    ["another protocol follows a 101", "HTTP/1.1 101 Switching\r\nUpgrade: odd\r\n\r\n", false, whole(101)],
    ["early hints come before the answer", "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No\r\n\r\n", false, whole(204)],
    ["a redirect", "HTTP/1.1 302 Found\r\nLOCATION:  /x \r\nContent-Length: 0\r\n\r\n", false, whole(302, "/x")],
    ["the first of two", "HTTP/1.1 302 F\r\nLocation: /a\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n", false, whole(302, "/a")],
    ["chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n0\r\n\r\n", false, whole(200)],
    ["chunks with a trailer", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\nX: y\r\n\r\n", false, whole(200)],
    ["no last chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", true, unfinished],
    ["damaged chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", false, broken("its chunks are damaged")],
    ["a length that is none", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", false, broken("its Content-Length is not a number")],
    ["a stranger", "SSH-2.0", false, broken("its first line is not HTTP's")],
    ["a stranger who ends his line", "SSH-2.0\r\n\r\n", false, broken("its first line is not HTTP's")],
    ["another version", "HTTP/2 200\r\n\r\n", false, broken("its first line is not HTTP's")],
    ["headers without end", `HTTP/1.1 200 OK\r\n${"X: y\r\n".repeat(5_000)}`, false, broken("its headers do not end")],
    ["announcements without end", "HTTP/1.1 100 C\r\n\r\n".repeat(2_000), false, broken("it never comes to its answer")],
    ["more body than anybody reads", `HTTP/1.1 200 OK\r\n\r\n${"x".repeat(10_240)}`, false, whole(200)],
  ];
  for (const [name, text, isClosed, answer] of cases) t.same(readHttpAnswer(text, isClosed), answer, name);
});

t.test("an answer that comes in pieces is whole with its last byte and not before", async (t) => {
  const body = fc.string({ unit: "grapheme-ascii", maxLength: 200 });
  const chunked = (parts: readonly string[]): string =>
    `${parts
      .filter((part) => part !== "")
      .map((part) => `${part.length.toString(16)}\r\n${part}\r\n`)
      .join("")}0\r\n\r\n`;
  const answers = fc.oneof(
    body.map((text) => `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`),
    fc.array(body, { maxLength: 5 }).map((parts) => `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${chunked(parts)}`),
  );
  fc.assert(
    fc.property(answers, (text) => {
      for (let length = 0; length < text.length; length += 1) {
        const { state } = readHttpAnswer(text.slice(0, length), false);
        if (state !== "unfinished") throw new Error(`${state} after ${length} of ${text.length} bytes`);
      }
      return readHttpAnswer(text, false).state === "whole";
    }),
  );
  t.pass("always");
});

t.test("no bytes at all make it fail", async (t) => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.boolean(), (text, isClosed) => {
      readHttpAnswer(text, isClosed);
      readHttpAnswer(`HTTP/1.1 200 OK\r\n${text}`, isClosed);
      readHttpAnswer(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${text}`, isClosed);
    }),
  );
  t.pass("never");
});
