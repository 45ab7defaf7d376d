import type { Kind } from "../agents.ts";
import type { Sql } from "../database.ts";
import type { Claim } from "../task.ts";

/** How many more tasks of each kind this worker can take. */
export type Free = ReadonlyMap<Kind, number>;

/**
 * Takes the next due tasks of each kind, the most urgent first, and holds them until the lease ends. SKIP LOCKED lets workers claim side by
 * side without waiting for each other. MATERIALIZED, since a plan may run a plain subquery with LIMIT twice and then claim more than it returns.
 */
export async function claim(sql: Sql, worker: string, leaseMs: number, free: Free): Promise<readonly Claim[]> {
  const wanted = [...free].filter(([, slots]) => slots > 0);
  if (wanted.length === 0) return [];
  const { rows } = await sql<Claim>(
    `WITH free AS (SELECT * FROM unnest($1::text[], $2::int[]) AS f (kind, slots)),
     picked AS MATERIALIZED (
       SELECT t.id FROM free CROSS JOIN LATERAL (
         SELECT id FROM tasks WHERE tasks.kind = free.kind AND state = 'queued' AND run_at <= now()
         ORDER BY priority DESC, run_at, id LIMIT free.slots FOR UPDATE SKIP LOCKED) t)
     UPDATE tasks SET state = 'running', worker = $3, attempts = attempts + 1,
       lease_until = now() + $4 * interval '1 ms', started_at = coalesce(started_at, now())
     FROM picked WHERE tasks.id = picked.id
     RETURNING tasks.id, kind, payload, attempts, max_attempts, deadline_ms,
       extract(epoch FROM started_at - now())::float8 * 1000 + deadline_ms AS remaining_ms`,
    [wanted.map(([kind]) => kind), wanted.map(([, slots]) => slots), worker, leaseMs],
  );
  return rows;
}
