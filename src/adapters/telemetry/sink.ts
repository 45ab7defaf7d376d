import type { IncomingMessage } from "node:http";
import type { Ms } from "../../domain/words.ts";
import type { Sink, SinkAnswer } from "../../ports/telemetry.ts";
import { type HttpAnswer, judgeAnswer } from "./answer.ts";

export type SinkOptions = {
  /** Paths are added at its end. */
  readonly url: string;
  readonly readToken: (() => Promise<string>) | undefined;
  /** For everything together: name look-up, connection, TLS, answer. */
  readonly deadlineMs?: Ms;
};

const usualDeadlineMs: Ms = 10_000;
/** An answer is short. What is longer is not read to its end. */
const longestAnswer = 64 * 1024;

/** A sink behind HTTP. Certificates are verified whatever the environment says, redirects are not followed, proxies not used. */
export function httpSink({ url, readToken, deadlineMs = usualDeadlineMs }: SinkOptions): Sink {
  const base = url.endsWith("/") ? url : `${url}/`;
  return {
    post: async (path, body, stopping) => {
      let token: string | undefined;
      try {
        token = await readToken?.();
      } catch (error) {
        return { kind: "denied", because: sayError(error) };
      }
      try {
        return withoutToken(judgeAnswer(await post(new URL(path, base), body, { token, deadlineMs, stopping })), token);
      } catch (error) {
        return withoutToken({ kind: "away", because: sayError(error) }, token);
      }
    },
  };
}

type PostOptions = { readonly token: string | undefined; readonly deadlineMs: Ms; readonly stopping: AbortSignal };

async function post(url: URL, body: string, { token, deadlineMs, stopping }: PostOptions): Promise<HttpAnswer> {
  // Loaded when the first batch goes out: most agents have no sink.
  const { request } = url.protocol === "https:" ? await import("node:https") : await import("node:http");
  return await new Promise((resolve, reject) => {
    const outgoing = request(url, {
      method: "POST",
      agent: false,
      signal: stopping,
      rejectUnauthorized: true,
      headers: {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
        "user-agent": "phoenix-telemetry",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    });
    const timer = setTimeout(() => outgoing.destroy(new Error(`no answer within ${deadlineMs / 1000} s`)), deadlineMs);
    const settle =
      <T>(done: (value: T) => void) =>
      (value: T) => {
        clearTimeout(timer);
        done(value);
      };
    outgoing.on("error", settle(reject));
    outgoing.on(
      "close",
      settle(() => reject(new Error("the connection was closed without an answer"))),
    );
    outgoing.on("response", (incoming) => readAnswer(incoming, settle(resolve), settle(reject)));
    outgoing.end(body);
  });
}

function readAnswer(incoming: IncomingMessage, done: (answer: HttpAnswer) => void, failed: (error: unknown) => void): void {
  const { statusCode = 0, headers } = incoming;
  const chunks: Buffer[] = [];
  let bytes = 0;
  const finish = (): void =>
    done({
      status: statusCode,
      retryAfter: headers["retry-after"],
      location: headers.location,
      body: Buffer.concat(chunks).toString("utf8"),
    });
  incoming.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= longestAnswer) chunks.push(chunk);
    else {
      finish();
      incoming.destroy();
    }
  });
  incoming.on("end", finish);
  incoming.on("error", failed);
}

/** A sink may repeat our header in its answer; it must not get into the journal that way. */
function withoutToken(answer: SinkAnswer, token: string | undefined): SinkAnswer {
  return token === undefined ? answer : { ...answer, because: answer.because.replaceAll(token, "[token]") };
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "the connection was closed without an answer",
  EPIPE: "the connection was closed without an answer",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
  ETIMEDOUT: "no answer",
  ENOTFOUND: "there is no host of that name",
  EAI_AGAIN: "the name server does not answer",
};

function sayError(error: unknown): string {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  return (typeof code === "string" ? reasons[code] : undefined) ?? String(message).slice(0, 200);
}
