import { Pool } from "pg";
import type { Config } from "./config.ts";

/** What this service keeps in the database. Every call ends within about two seconds, one way or the other. */
export type Database = {
  /** Proves that the database can be asked. */
  readonly ask: () => Promise<void>;
  /** Counts up this service's row and reads it back: proves that it can be written, too. */
  readonly beat: () => Promise<number>;
  readonly close: () => Promise<void>;
};

const schema = `CREATE TABLE IF NOT EXISTS beats (
  service text PRIMARY KEY,
  count bigint NOT NULL,
  seen_at timestamptz NOT NULL
)`;

const countUp = `INSERT INTO beats (service, count, seen_at) VALUES ('rubik-agent', 1, now())
ON CONFLICT (service) DO UPDATE SET count = beats.count + 1, seen_at = now() RETURNING count`;

/** Opens connections as they are needed; a database that is not there yet is no reason not to start. */
export function openDatabase(config: Config["database"], failed: (reason: string) => void): Database {
  const pool = new Pool({
    ...config,
    application_name: "rubik-agent",
    max: 4,
    connectionTimeoutMillis: 1_000,
    query_timeout: 1_000,
    statement_timeout: 1_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
  });
  // An idle connection that breaks is reported here; without a listener it would end the process.
  pool.on("error", (error) => failed(error.message));

  let prepared: Promise<unknown> | undefined;
  const prepare = (): Promise<unknown> => {
    prepared ??= pool.query(schema).catch((error: unknown) => {
      prepared = undefined;
      throw error;
    });
    return prepared;
  };

  return {
    ask: async () => {
      await pool.query("SELECT 1");
    },
    beat: async () => {
      await prepare();
      const result = await pool.query<{ readonly count: string }>(countUp);
      return Number(result.rows[0]?.count);
    },
    close: () => pool.end(),
  };
}
