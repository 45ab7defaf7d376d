import type { Sql } from "../database.ts";
import type { Claim } from "../task.ts";

/** How an attempt ended, as the table keeps it. */
export type Ending =
  | { readonly state: "done"; readonly result: unknown }
  | { readonly state: "failed"; readonly error: string }
  | { readonly state: "cancelled" }
  | { readonly state: "queued"; readonly error: string; readonly afterMs: number };

/**
 * Records how an attempt ended, once: only while the task is running, this worker's, and in this very attempt. False = somebody else has
 * taken it up since, and what was found here is dropped. A cancellation that arrived meanwhile wins over another attempt, not over a result.
 */
export async function record(sql: Sql, worker: string, { id, attempts }: Claim, ending: Ending): Promise<boolean> {
  const result = ending.state === "done" ? JSON.stringify(ending.result) : null;
  const error = "error" in ending ? ending.error : null;
  const { rowCount } = await sql(
    `UPDATE tasks SET worker = NULL, lease_until = NULL, result = $5, error = $6,
       state = CASE WHEN $4 = 'queued' AND cancel_requested THEN 'cancelled' ELSE $4 END,
       run_at = CASE WHEN $4 = 'queued' THEN now() + $7 * interval '1 ms' ELSE run_at END,
       finished_at = CASE WHEN $4 = 'queued' AND NOT cancel_requested THEN NULL ELSE now() END
     WHERE id = $1 AND worker = $2 AND attempts = $3 AND state = 'running'`,
    [id, worker, attempts, ending.state, result, error, "afterMs" in ending ? ending.afterMs : 0],
  );
  return rowCount === 1;
}
