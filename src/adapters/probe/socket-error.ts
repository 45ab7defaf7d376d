import { failure, unasked, type Verdict } from "./question.ts";

/** What an error of a socket says about the one who was asked. What is not in here is our own trouble: an error, never a verdict. */
const verdicts: Readonly<Record<string, Verdict>> = {
  ECONNREFUSED: failure("connection refused"),
  ECONNRESET: failure("connection closed"),
  EPIPE: failure("connection closed"),
  /** Nobody has that address any more. */
  EHOSTUNREACH: failure("host unreachable"),
  EHOSTDOWN: failure("host unreachable"),
  /** The kernel's own limit for a connection, shorter than ours. */
  ETIMEDOUT: failure("no answer"),
  /** getaddrinfo's "no such name"; EAI_AGAIN = its DNS server does not answer = an error. */
  ENOTFOUND: failure("no such name"),
  EPROTO: failure("TLS handshake failed"),
};

/** Our own code for what an HTTP client cannot read. */
export const notHttp = "NOT_HTTP";

/** The verdict of a failed conversation. */
export function verdictOfError(error: unknown): Verdict {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown };
  const name = typeof code === "string" ? code : "";
  const known = verdicts[name];
  if (known !== undefined) return known;
  if (name === notHttp) return failure(`not an HTTP answer: ${String(message)}`);
  if (name.startsWith("ERR_SSL_") || name.startsWith("ERR_TLS_")) return failure(`TLS handshake failed (${name})`);
  return unasked(`could not ask (${name === "" ? String(message).slice(0, 100) : name})`);
}
