import type { ProbeResult } from "../domain/policy.ts";
import type { Ms } from "../domain/words.ts";

/** Equal results in a row for one role, and when it was asked. */
export type Run = {
  readonly successes: number;
  readonly failures: number;
  /** Requests answered in this invocation, errors included: they set the pace, not the verdict. */
  readonly asks: number;
  readonly askedAtMs: Ms | undefined;
  readonly succeededAtMs: Ms | undefined;
  readonly failedAtMs: Ms | undefined;
  /** What the last success or failure said. */
  readonly detail: string;
  /** Why the last question could not be asked; empty once it could. */
  readonly error: string;
};

export const emptyRun: Run = {
  successes: 0,
  failures: 0,
  asks: 0,
  askedAtMs: undefined,
  succeededAtMs: undefined,
  failedAtMs: undefined,
  detail: "",
  error: "",
};

/** Counts one answer. One success ends a row of failures and the other way round; an error is only remembered. */
export function countResult(run: Run, result: ProbeResult, atMs: Ms): Run {
  const asked = { ...run, asks: run.asks + 1, askedAtMs: atMs };
  if (result.outcome === "error") return { ...asked, error: result.detail };
  const said = { ...asked, detail: result.detail, error: "" };
  return result.outcome === "success"
    ? { ...said, successes: run.successes + 1, failures: 0, succeededAtMs: atMs }
    : { ...said, successes: 0, failures: run.failures + 1, failedAtMs: atMs };
}

/** `HTTP 500, 3 times in a row`. */
export function sayRow(detail: string, times: number): string {
  return times > 1 ? `${detail}, ${times} times in a row` : detail;
}
