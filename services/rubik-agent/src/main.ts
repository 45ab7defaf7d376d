import { readConfig } from "./config.ts";
import { openDatabase } from "./database.ts";
import { makeServer } from "./server.ts";

/** How long requests under way get after SIGTERM. */
const stopMs = 1_500;

const config = readConfig(process.env);
const database = openDatabase(config.database, (reason) => console.error(`A database connection broke: ${reason}`));
const server = makeServer({ database, uptimeSeconds: () => Math.floor(process.uptime()) });

server.listen(config.port, () => console.log(`rubik-agent answers on port ${config.port}.`));

function stop(): void {
  // A second signal, or a request that does not end, must not keep us.
  setTimeout(() => process.exit(0), stopMs).unref();
  server.close(() => void database.close().then(() => process.exit(0)));
  server.closeIdleConnections();
}
process.once("SIGTERM", stop);
process.once("SIGINT", stop);
