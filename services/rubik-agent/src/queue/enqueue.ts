import type { Sql } from "../database.ts";
import { columns, type Task, type TaskRequest } from "../task.ts";

/** Queues a task. Once this returns it is committed. A task whose id is there already is left as it is: undefined. */
export async function enqueue(sql: Sql, request: TaskRequest, schedule: string | null = null): Promise<Task | undefined> {
  // created_at in whole milliseconds: JavaScript has no finer time, and paging continues after exactly this value.
  const { rows } = await sql<Task>(
    `INSERT INTO tasks (id, kind, payload, state, priority, run_at, attempts, max_attempts, deadline_ms, cancel_requested, schedule, created_at)
     VALUES ($1, $2, $3, 'queued', $4, $5, 0, $6, $7, false, $8, date_trunc('milliseconds', now()))
     ON CONFLICT DO NOTHING RETURNING ${columns}`,
    [
      ...[request.id, request.kind, JSON.stringify(request.payload), request.priority, new Date(request.runAt)],
      ...[request.maxAttempts, request.deadlineMs, schedule],
    ],
  );
  return rows[0];
}
