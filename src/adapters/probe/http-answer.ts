/**
 * Reads an HTTP/1 answer from the bytes that have come so far. Written by hand because Node's own client costs the prober more than
 * everything else together (1.2 of 2 ms of CPU a probe), and a probe wants three things only: the status, where a redirect leads, and
 * whether the answer came whole.
 */
export type HttpHead = { readonly status: number; readonly location: string | undefined };

export type HttpAnswer =
  | { readonly state: "unfinished" }
  | { readonly state: "whole"; readonly head: HttpHead }
  | { readonly state: "broken"; readonly because: string };

/** The kubelet's limit: a longer body is cut off and counts as read. */
const bodyLimitBytes = 10 * 1024;
/** Node's own limit for all headers together. */
const headLimitBytes = 16 * 1024;

const unfinished = { state: "unfinished" } as const;

/** `text` is latin1: one character a byte. `isClosed` = the server has hung up, which ends a body of unknown length. */
export function readHttpAnswer(text: string, isClosed: boolean): HttpAnswer {
  let from = 0;
  for (;;) {
    const end = headEnd(text, from);
    if (end === undefined) return text.length - from > headLimitBytes ? broken("its headers do not end") : checkBeginning(text, from);
    const lines = text.slice(from, end.at).split(/\r?\n/);
    const status = /^HTTP\/1\.[01] (\d{3})(?: |$)/.exec(lines[0] ?? "")?.[1];
    if (status === undefined) return broken("its first line is not HTTP's");
    // "100 Continue" and "103 Early Hints" announce another head.
    if (status.startsWith("1") && status !== "101") {
      from = end.next;
      if (from > headLimitBytes) return broken("it never comes to its answer");
      continue;
    }
    const fields = readFields(lines.slice(1));
    const head = { status: Number(status), location: fields.get("location") };
    const body = bodyState(text.slice(end.next), fields, head, isClosed);
    return body.state === "whole" ? { ...body, head } : body;
  }
}

/** A stranger is told apart by its first bytes, however long it keeps the connection open. */
function checkBeginning(text: string, from: number): HttpAnswer {
  const start = text.slice(from, from + 5);
  return "HTTP/".startsWith(start) ? unfinished : broken("its first line is not HTTP's");
}

function headEnd(text: string, from: number): { readonly at: number; readonly next: number } | undefined {
  const found = /\r?\n\r?\n/g;
  found.lastIndex = from;
  const match = found.exec(text);
  return match === null ? undefined : { at: match.index, next: match.index + match[0].length };
}

/** Of a header that comes twice the first counts, as in Node's client. */
function readFields(lines: readonly string[]): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const [, name = "", value = ""] = /^([^:\s]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name !== "" && !fields.has(name.toLowerCase())) fields.set(name.toLowerCase(), value);
  }
  return fields;
}

type BodyState = Exclude<HttpAnswer, { readonly state: "whole" }> | { readonly state: "whole" };

function bodyState(body: string, fields: ReadonlyMap<string, string>, { status }: HttpHead, isClosed: boolean): BodyState {
  // After a 101 the connection speaks something else.
  if (status === 101 || status === 204 || status === 304 || body.length >= bodyLimitBytes) return { state: "whole" };
  if (/\bchunked$/i.test(fields.get("transfer-encoding") ?? "")) return chunkState(body);
  const length = fields.get("content-length");
  if (length === undefined) return { state: isClosed ? "whole" : "unfinished" };
  if (!/^\d{1,15}$/.test(length)) return broken("its Content-Length is not a number");
  return { state: body.length >= Number(length) ? "whole" : "unfinished" };
}

function chunkState(body: string): BodyState {
  let at = 0;
  for (;;) {
    const line = /^([0-9a-f]{1,8})[ \t]*(?:;[^\r\n]*)?\r?\n/i.exec(body.slice(at, at + 1024));
    if (line === null) return body.indexOf("\n", at) < 0 && body.length - at < 1024 ? unfinished : broken("its chunks are damaged");
    at += line[0].length;
    const size = Number.parseInt(line[1] ?? "", 16);
    // The last chunk: trailers may follow, up to an empty line.
    if (size === 0) return { state: /^(?:[^\r\n]+\r?\n)*\r?\n/.test(body.slice(at)) ? "whole" : "unfinished" };
    at += size;
    if (at >= body.length) return unfinished;
    at += body[at] === "\r" ? 2 : 1;
  }
}

const broken = (because: string): { readonly state: "broken"; readonly because: string } => ({ state: "broken", because });
