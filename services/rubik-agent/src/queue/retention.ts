import type { Sql } from "../database.ts";

/** Removes tasks that ended more than `keepDays` ago, a bounded number at a time. */
export async function removeOld(sql: Sql, keepDays: number): Promise<number> {
  const { rowCount } = await sql(
    `DELETE FROM tasks WHERE id IN (
       SELECT id FROM tasks WHERE finished_at < now() - $1 * interval '1 day' ORDER BY finished_at LIMIT 1000 FOR UPDATE SKIP LOCKED)`,
    [keepDays],
  );
  return rowCount ?? 0;
}
