import { readConfig } from "../../src/config.ts";
import { type Database, openDatabase } from "../../src/database.ts";

/** The database of these tests, named by the service's own variables. Without one they fail: a test that was not run is no test. */
export const databaseConfig = readConfig(process.env).database;

/** Its tables, emptied. */
export async function emptyDatabase(): Promise<Database> {
  const database = openDatabase(databaseConfig, (reason) => console.log(`A database connection broke: ${reason}`));
  await database.sql("DELETE FROM tasks");
  await database.sql("DELETE FROM schedules");
  return database;
}
