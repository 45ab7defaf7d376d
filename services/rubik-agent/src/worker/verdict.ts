import type { Ending } from "../queue/record.ts";
import type { Claim } from "../task.ts";
import { backoffMs } from "./backoff.ts";
import type { Answer } from "./call.ts";

export type Attempt = {
  readonly claim: Claim;
  readonly service: string;
  readonly answer: Answer;
  readonly elapsedMs: number;
  readonly cancelled: boolean;
  /** Between 0 and 1, for the back-off. */
  readonly random: number;
};

/** These say "not now", not "never". */
const laterStatuses = [408, 425, 429];

/** What an attempt's outcome means for its task. */
export function judge(attempt: Attempt): Ending {
  const { answer, service } = attempt;
  if ("noAnswer" in answer) {
    return attempt.cancelled ? { state: "cancelled" } : again(attempt, `${service} gave no answer: ${answer.noAnswer}`);
  }
  const { status, text } = answer;
  if (status >= 200 && status < 300) {
    const result = parsed(text);
    return result === undefined ? again(attempt, `${service} answered ${status} without JSON`) : { state: "done", result };
  }
  const said = `${service} answered ${status}${saidBy(text)}`;
  if (status >= 400 && status < 500 && !laterStatuses.includes(status)) return { state: "failed", error: said };
  return again(attempt, said);
}

/** Another attempt, unless there was one too many or it would come after the deadline. */
function again({ claim, elapsedMs, random }: Attempt, error: string): Ending {
  if (claim.attempts >= claim.max_attempts)
    return { state: "failed", error: `${error}; that was attempt ${claim.attempts} of ${claim.max_attempts}` };
  const afterMs = backoffMs(claim.attempts, random);
  if (elapsedMs + afterMs >= claim.remaining_ms) {
    return { state: "failed", error: `${error}; another attempt would come after the deadline of ${claim.deadline_ms / 1000} s` };
  }
  return { state: "queued", error, afterMs };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The service's own sentence, `{"error": "…"}`, or the start of whatever it said. */
function saidBy(text: string): string {
  const body = parsed(text);
  const sentence = typeof body === "object" && body !== null && "error" in body ? String(body.error) : text.trim();
  // PostgreSQL's text has no NUL.
  const clean = sentence.replaceAll("\0", "").slice(0, 500);
  return clean === "" ? "" : `: ${clean}`;
}
