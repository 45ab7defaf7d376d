import { Pool, type PoolClient, type QueryResult, type QueryResultRow } from "pg";
import type { Config } from "./config.ts";

/** Whoever can be asked in SQL: the pool, or one connection inside a transaction. */
export type Sql = <Row extends QueryResultRow>(text: string, values?: readonly unknown[]) => Promise<QueryResult<Row>>;

/** The database. Every statement ends within about two seconds, one way or the other. */
export type Database = {
  readonly sql: Sql;
  /** All of it or nothing. */
  readonly transaction: <Result>(work: (sql: Sql) => Promise<Result>) => Promise<Result>;
  readonly close: () => Promise<void>;
};

/** Opens connections as they are needed; a database that is not there yet is no reason not to start. */
export function openDatabase(config: Config["database"], failed: (reason: string) => void): Database {
  const pool = new Pool({
    ...config,
    application_name: "rubik-agent",
    // The role may have ten: room for another process beside this one, as while a new version is tried.
    max: 3,
    connectionTimeoutMillis: 1_000,
    query_timeout: 2_000,
    statement_timeout: 1_900,
    idle_in_transaction_session_timeout: 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
  });
  // An idle connection that breaks is reported here; without a listener it would end the process.
  pool.on("error", (error) => failed(error.message));
  return {
    sql: sqlOf(pool),
    transaction: async (work) => {
      const client = await pool.connect();
      try {
        await client.query("BEGIN");
        const result = await work(sqlOf(client));
        await client.query("COMMIT");
        client.release();
        return result;
      } catch (error) {
        // Whatever state it is in, the connection is not used again, and the server rolls back.
        client.release(true);
        throw error;
      }
    },
    close: () => pool.end(),
  };
}

function sqlOf(asked: Pool | PoolClient): Sql {
  return <Row extends QueryResultRow>(text: string, values: readonly unknown[] = []) => asked.query<Row>(text, [...values]);
}

/** SQLSTATE class 22 and 23: the data is at fault, and would be at fault again. */
export function isDataError(error: unknown): boolean {
  return error instanceof Error && "code" in error && typeof error.code === "string" && /^2[23]/.test(error.code);
}
