import { randomUUID } from "node:crypto";
import { openDatabase } from "../../src/database.ts";
import { startOrchestrator } from "../../src/orchestrator.ts";
import { makeTally } from "../../src/tally.ts";
import { databaseConfig } from "./real-database.ts";

// A process that does nothing but work, to be killed: arguments are the services' address and the lease in milliseconds.
const [url = "", leaseMs = ""] = process.argv.slice(2);
const say = (line: string): void => console.log(line);
const orchestrator = startOrchestrator({
  database: openDatabase(databaseConfig, say),
  token: "the token",
  tally: makeTally(),
  name: `worker-${randomUUID()}`,
  say,
  random: Math.random,
  baseUrl: () => url,
  leaseMs: Number(leaseMs),
  schedules: false,
});
process.once("SIGTERM", () => void orchestrator.stop(100).then(() => process.exit(0)));
