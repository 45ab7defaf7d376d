import { type ClientRequest, type IncomingMessage, request } from "node:http";

export type Call = {
  readonly url: string;
  readonly token: string;
  /** The task's id: a service can tell a repeated call from a new one. */
  readonly id: string;
  readonly body: unknown;
  readonly signal: AbortSignal;
};

/** What came of a call. */
export type Answer = { readonly status: number; readonly text: string } | { readonly noAnswer: string };

const longestAnswerBytes = 1024 * 1024;

/** Asks a service once. It never throws: whatever happens is an answer, or the reason why there is none. */
export async function call({ url, token, id, body, signal }: Call): Promise<Answer> {
  const text = JSON.stringify(body);
  try {
    return await new Promise<Answer>((resolve, reject) => {
      const headers = {
        authorization: `Bearer ${token}`,
        "content-type": "application/json",
        "content-length": Buffer.byteLength(text),
        "idempotency-key": id,
      };
      // A connection of its own: one that was kept may belong to a container that is gone.
      const asked: ClientRequest = request(url, { method: "POST", headers, signal, agent: false }, (response) => {
        readAnswer(response).then(resolve, reject);
      });
      asked.on("error", reject);
      asked.end(text);
    });
  } catch (error) {
    return { noAnswer: signal.aborted ? String(signal.reason) : error instanceof Error ? error.message : "it failed" };
  }
}

async function readAnswer(response: IncomingMessage): Promise<Answer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > longestAnswerBytes) throw new Error(`it answered more than ${longestAnswerBytes} bytes`);
    chunks.push(chunk);
  }
  return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString("utf8") };
}
