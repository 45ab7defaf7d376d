import { randomUUID } from "node:crypto";
import { agents, type Kind } from "../agents.ts";
import type { Database, Sql } from "../database.ts";
import { Refusal } from "../refusal.ts";
import { enqueue } from "./enqueue.ts";

export type Schedule = {
  readonly name: string;
  readonly kind: Kind;
  /** As somebody wrote it: a span counts back from each time it fires. */
  readonly payload: unknown;
  readonly every_ms: number;
  readonly enabled: boolean;
};

/** What the stack does by itself. Samples may arrive late, from the sender's spool: the second looks at the whole day again. */
const first: readonly Schedule[] = [
  { name: "detect-recent", kind: "detect", payload: { from: "15m" }, every_ms: 60_000, enabled: true },
  { name: "detect-day", kind: "detect", payload: { from: "24h" }, every_ms: 3_600_000, enabled: true },
  { name: "train", kind: "train", payload: {}, every_ms: 3_600_000, enabled: true },
  { name: "analyse-day", kind: "analyse", payload: { window: "24h" }, every_ms: 900_000, enabled: true },
];

/** Puts the first schedules there where they are missing. One that a person has changed stays changed. */
export async function seedSchedules(sql: Sql): Promise<void> {
  for (const schedule of first) {
    await sql(
      `INSERT INTO schedules (name, kind, payload, every_ms, next_at, enabled) VALUES ($1, $2, $3, $4, now(), $5) ON CONFLICT DO NOTHING`,
      [schedule.name, schedule.kind, JSON.stringify(schedule.payload), schedule.every_ms, schedule.enabled],
    );
  }
}

export async function listSchedules(sql: Sql): Promise<readonly (Schedule & { readonly next_at: Date })[]> {
  const { rows } = await sql<Schedule & { readonly next_at: Date }>(
    "SELECT name, kind, payload, every_ms, next_at, enabled FROM schedules ORDER BY name",
  );
  return rows;
}

/** Makes or changes a schedule. It fires at once, then in its rhythm. */
export async function putSchedule(sql: Sql, schedule: Schedule): Promise<void> {
  await sql(
    `INSERT INTO schedules (name, kind, payload, every_ms, next_at, enabled) VALUES ($1, $2, $3, $4, now(), $5)
     ON CONFLICT (name) DO UPDATE SET kind = $2, payload = $3, every_ms = $4, next_at = now(), enabled = $5`,
    [schedule.name, schedule.kind, JSON.stringify(schedule.payload), schedule.every_ms, schedule.enabled],
  );
}

export type Fired = { readonly name: string; readonly outcome: "queued" | "still busy" | "refused"; readonly because?: string };

/**
 * Queues what is due, in one transaction: a tick becomes one task or none, whoever is killed and however many workers look. Ticks that
 * were missed are not made up for. A schedule whose last task has not ended is left out, by a unique index: it never piles up.
 */
export async function fireSchedules(database: Database): Promise<readonly Fired[]> {
  const { rowCount } = await database.sql("SELECT FROM schedules WHERE enabled AND next_at <= now() LIMIT 1");
  if (rowCount === 0) return [];
  return await database.transaction(async (sql) => {
    const { rows } = await sql<Schedule & { readonly now: Date }>(
      `SELECT name, kind, payload, every_ms, now() AS now FROM schedules WHERE enabled AND next_at <= now()
       ORDER BY next_at LIMIT 100 FOR UPDATE SKIP LOCKED`,
    );
    const fired: Fired[] = [];
    for (const schedule of rows) {
      fired.push(await queueTick(sql, schedule, schedule.now.getTime()));
      await sql(
        `UPDATE schedules SET next_at = next_at + every_ms * interval '1 ms'
           * (floor(extract(epoch FROM now() - next_at) * 1000 / every_ms) + 1) WHERE name = $1`,
        [schedule.name],
      );
    }
    return fired;
  });
}

async function queueTick(sql: Sql, { name, kind, payload }: Schedule, now: number): Promise<Fired> {
  try {
    const { deadlineMs, payload: payloadAt } = agents[kind];
    const request = { id: randomUUID(), kind, payload: payloadAt(payload, now), priority: 0, runAt: now, maxAttempts: 5, deadlineMs };
    const task = await enqueue(sql, request, name);
    return { name, outcome: task === undefined ? "still busy" : "queued" };
  } catch (error) {
    // Only a row that somebody wrote by hand gets here. It must not keep the others from firing.
    if (error instanceof Refusal) return { name, outcome: "refused", because: error.message };
    throw error;
  }
}
