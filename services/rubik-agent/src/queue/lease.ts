import type { Sql } from "../database.ts";

export type Held = { readonly id: string; readonly cancel_requested: boolean };

/** Holds on to the tasks that are still this worker's. One that is missing in the answer is somebody else's by now. */
export async function renew(sql: Sql, worker: string, leaseMs: number, ids: readonly string[]): Promise<readonly Held[]> {
  if (ids.length === 0) return [];
  const { rows } = await sql<Held>(
    `UPDATE tasks SET lease_until = now() + $3 * interval '1 ms'
     WHERE id = ANY ($1::uuid[]) AND worker = $2 AND state = 'running' RETURNING id, cancel_requested`,
    [ids, worker, leaseMs],
  );
  return rows;
}

export type Reclaimed = { readonly id: string; readonly kind: string; readonly state: string; readonly attempts: number };

/**
 * Tasks whose worker has not been heard of until the lease ended: killed, hung, or cut off. They are queued again. An attempt that ended
 * this way counts, so a task that kills its worker does not do so for ever.
 */
export async function reclaim(sql: Sql): Promise<readonly Reclaimed[]> {
  const { rows } = await sql<Reclaimed>(
    `WITH lost AS MATERIALIZED (
       SELECT id, CASE WHEN cancel_requested THEN 'cancelled' WHEN attempts >= max_attempts THEN 'failed' ELSE 'queued' END AS next
       FROM tasks WHERE state = 'running' AND lease_until < now() LIMIT 1000 FOR UPDATE SKIP LOCKED)
     UPDATE tasks SET state = next, run_at = CASE WHEN next = 'queued' THEN now() ELSE run_at END, worker = NULL, lease_until = NULL,
       finished_at = CASE WHEN next = 'queued' THEN NULL ELSE now() END,
       error = 'the worker ' || worker || ' was lost during attempt ' || attempts
     FROM lost WHERE tasks.id = lost.id RETURNING tasks.id, kind, state, attempts`,
  );
  return rows;
}

/** Hands tasks back that were not finished when this worker stops. The attempt does not count: nobody failed. */
export async function release(sql: Sql, worker: string): Promise<number> {
  const { rowCount } = await sql(
    `UPDATE tasks SET state = CASE WHEN cancel_requested THEN 'cancelled' ELSE 'queued' END, attempts = attempts - 1, run_at = now(),
       worker = NULL, lease_until = NULL, finished_at = CASE WHEN cancel_requested THEN now() END
     WHERE worker = $1 AND state = 'running'`,
    [worker],
  );
  return rowCount ?? 0;
}
