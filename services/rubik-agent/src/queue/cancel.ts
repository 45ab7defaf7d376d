import type { Sql } from "../database.ts";
import { columns, type Task } from "../task.ts";

/** Cancels at once what waits, and asks the worker of what runs to stop. Undefined = there is nothing to cancel. */
export async function cancel(sql: Sql, id: string): Promise<Task | undefined> {
  const { rows } = await sql<Task>(
    `UPDATE tasks SET cancel_requested = true,
       state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END,
       finished_at = CASE WHEN state = 'queued' THEN now() END
     WHERE id = $1 AND state IN ('queued', 'running') RETURNING ${columns}`,
    [id],
  );
  return rows[0];
}
