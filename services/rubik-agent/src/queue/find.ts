import type { Sql } from "../database.ts";
import { columns, type Task } from "../task.ts";

export async function findTask(sql: Sql, id: string): Promise<Task | undefined> {
  const { rows } = await sql<Task>(`SELECT ${columns} FROM tasks WHERE id = $1`, [id]);
  return rows[0];
}

/** The place in the list after which the next page begins. */
export type Cursor = { readonly createdAt: number; readonly id: string };

export type Filter = {
  readonly states: readonly string[];
  readonly kinds: readonly string[];
  readonly schedule: string | undefined;
  readonly from: number | undefined;
  readonly to: number | undefined;
  readonly after: Cursor | undefined;
  readonly limit: number;
};

/** One page of tasks, the newest first. It continues after a place, not after a count: what is queued meanwhile moves nothing. */
export async function findTasks(sql: Sql, filter: Filter): Promise<{ readonly tasks: readonly Task[]; readonly next: Cursor | undefined }> {
  const values: unknown[] = [];
  const put = (value: unknown): string => `$${values.push(value)}`;
  const time = (ms: number): string => put(new Date(ms));
  const conditions = [
    ...(filter.states.length === 0 ? [] : [`state = ANY (${put(filter.states)}::text[])`]),
    ...(filter.kinds.length === 0 ? [] : [`kind = ANY (${put(filter.kinds)}::text[])`]),
    ...(filter.schedule === undefined ? [] : [`schedule = ${put(filter.schedule)}`]),
    ...(filter.from === undefined ? [] : [`created_at >= ${time(filter.from)}`]),
    ...(filter.to === undefined ? [] : [`created_at < ${time(filter.to)}`]),
    ...(filter.after === undefined ? [] : [`(created_at, id) < (${time(filter.after.createdAt)}, ${put(filter.after.id)})`]),
  ];
  const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
  // One more than asked for tells whether there is another page.
  const { rows } = await sql<Task>(
    `SELECT ${columns} FROM tasks ${where} ORDER BY created_at DESC, id DESC LIMIT ${put(filter.limit + 1)}`,
    values,
  );
  const tasks = rows.slice(0, filter.limit);
  const last = tasks.at(-1);
  const more = rows.length > filter.limit && last !== undefined;
  return { tasks, next: more ? { createdAt: last.created_at.getTime(), id: last.id } : undefined };
}
