import type { IncomingMessage } from "node:http";
import { Refusal, shown } from "../refusal.ts";

const longestBytes = 64 * 1024;

/** The JSON value in a request's body. Nothing at all counts as `{}`. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  const [type = ""] = (request.headers["content-type"] ?? "").split(";");
  if (type.trim().toLowerCase() !== "application/json") {
    throw new Refusal(415, `The body must be application/json, not ${shown(type.trim())}.`);
  }
  if (request.headers["content-encoding"] !== undefined) throw new Refusal(415, "The body must not be compressed.");
  const text = await readText(request);
  if (text === "") return {};
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Refusal(400, `The body is not JSON: ${error instanceof Error ? error.message : "it cannot be read"}.`);
  }
}

async function readText(request: IncomingMessage): Promise<string> {
  const bytes = await readBytes(request);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Refusal(400, "The body is not UTF-8.");
  }
}

/** By events, since leaving a `for await` early would cut the connection, and the sender would never read why. */
function readBytes(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    const tooLong = (): void => {
      request.removeAllListeners("data").resume();
      reject(new Refusal(413, `The body must not be longer than ${longestBytes} bytes.`, { headers: { connection: "close" } }));
    };
    if (Number(request.headers["content-length"] ?? 0) > longestBytes) return tooLong();
    request.on("data", (chunk: Buffer) => {
      length += chunk.length;
      if (length > longestBytes) tooLong();
      else chunks.push(chunk);
    });
    request.on("end", () => resolve(Buffer.concat(chunks)));
    request.on("error", reject);
  });
}
