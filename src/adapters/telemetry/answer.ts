import type { SinkAnswer } from "../../ports/telemetry.ts";

/** The head of an HTTP answer and what of its body was read. */
export type HttpAnswer = {
  readonly status: number;
  readonly retryAfter: string | undefined;
  readonly location: string | undefined;
  readonly body: string;
};

const longestReason = 200;
/** They say that it is full, starting, or not the time; not that the batch is bad. */
const later = new Set([408, 425, 429]);
/** They speak of who we are, not of what we bring. */
const denials = new Set([401, 403, 407]);
/** They may speak of one item, or of too many. */
const divisible = new Set([400, 409, 413, 422]);

/** What an answer means for the batch. */
export function judgeAnswer({ status, retryAfter, location, body }: HttpAnswer): SinkAnswer {
  const because = `HTTP ${status}${reasonOf(body)}`;
  if (status >= 200 && status < 300) return { kind: "taken", ...rejectionsOf(body) };
  if (status >= 300 && status < 400)
    return { kind: "denied", because: `HTTP ${status}, a redirect to ${clean(location ?? "nowhere")}, which is not followed` };
  if (denials.has(status)) return { kind: "denied", because };
  if (status >= 400 && status < 500 && !later.has(status)) return { kind: "refused", because, divisible: divisible.has(status) };
  const seconds = /^\d{1,6}$/.test(retryAfter ?? "") ? Number(retryAfter) : undefined;
  return { kind: "away", because, ...(seconds === undefined ? {} : { retryAfterMs: seconds * 1000 }) };
}

/** `{"accepted":9,"rejected":[{"index":3,"error":"…"}]}`; a sink that says nothing of the kind took everything. */
function rejectionsOf(body: string): { readonly rejected: number; readonly because: string } {
  const rejected = fieldOf(parse(body), "rejected");
  if (!Array.isArray(rejected) || rejected.length === 0) return { rejected: 0, because: "" };
  const error = fieldOf(rejected[0], "error");
  return { rejected: rejected.length, because: typeof error === "string" ? clean(error) : "it does not say why" };
}

function reasonOf(body: string): string {
  const error = fieldOf(parse(body), "error");
  return typeof error === "string" && error !== "" ? `: ${clean(error)}` : "";
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
}

/** One short line: it goes into the journal and onto terminals. */
function clean(text: string): string {
  return text.replaceAll(/\p{C}+/gu, " ").slice(0, longestReason);
}
