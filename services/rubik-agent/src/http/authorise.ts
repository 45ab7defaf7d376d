import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { Refusal } from "../refusal.ts";

/** Refuses a request without the stack's token. Digests are compared, in constant time: the length tells nothing either. */
export function authorise(request: IncomingMessage, token: string): void {
  const [, given] = /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "") ?? [];
  if (given !== undefined && timingSafeEqual(digest(given), digest(token))) return;
  const found = request.headers.authorization === undefined ? "there is none" : "the one that was sent is not it";
  throw new Refusal(401, `This needs the header 'Authorization: Bearer <token>' with the secret phoenix-token; ${found}.`, {
    headers: { "www-authenticate": 'Bearer realm="phoenix"' },
  });
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
