import type { Kind, Payload } from "./agents.ts";

export const states = ["queued", "running", "done", "failed", "cancelled"] as const;
export type State = (typeof states)[number];

/** A task as somebody asked for it, checked. */
export type TaskRequest = {
  readonly id: string;
  readonly kind: Kind;
  readonly payload: Payload;
  readonly priority: number;
  readonly runAt: number;
  readonly maxAttempts: number;
  readonly deadlineMs: number;
};

/** A task as the table has it and as the API shows it. */
export type Task = {
  readonly id: string;
  readonly kind: Kind;
  readonly payload: Payload;
  readonly state: State;
  readonly priority: number;
  readonly run_at: Date;
  readonly attempts: number;
  readonly max_attempts: number;
  readonly deadline_ms: number;
  readonly cancel_requested: boolean;
  readonly schedule: string | null;
  readonly worker: string | null;
  readonly lease_until: Date | null;
  readonly result: unknown;
  readonly error: string | null;
  readonly created_at: Date;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
};

/** The columns of a task, in the order in which it is shown. */
export const columns =
  "id, kind, payload, state, priority, run_at, attempts, max_attempts, deadline_ms, cancel_requested, schedule, worker, lease_until, result, error, created_at, started_at, finished_at";

/** A task that this worker holds. `attempts` is the fence: only the holder of the newest attempt can record anything. */
export type Claim = {
  readonly id: string;
  readonly kind: Kind;
  readonly payload: Payload;
  readonly attempts: number;
  readonly max_attempts: number;
  readonly deadline_ms: number;
  /** What is left of the deadline, by the database's clock. */
  readonly remaining_ms: number;
};
