import type { Sql } from "../database.ts";

export type Count = { readonly kind: string; readonly state: string; readonly count: number };

export type Counts = {
  readonly tasks: readonly Count[];
  /** How long the task that has been due longest has waited; 0 when none waits. */
  readonly oldestDueSeconds: number;
};

/** How much there is of everything. */
export async function counts(sql: Sql): Promise<Counts> {
  const tasks = await sql<Count>("SELECT kind, state, count(*)::int AS count FROM tasks GROUP BY kind, state ORDER BY kind, state");
  const oldest = await sql<{ readonly seconds: number }>(
    `SELECT coalesce(extract(epoch FROM now() - min(run_at)), 0)::float8 AS seconds FROM tasks WHERE state = 'queued' AND run_at <= now()`,
  );
  return { tasks: tasks.rows, oldestDueSeconds: oldest.rows[0]?.seconds ?? 0 };
}
