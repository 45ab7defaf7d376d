import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { agents } from "./agents.ts";
import { readConfig } from "./config.ts";
import { openDatabase } from "./database.ts";
import { makeServer } from "./http/server.ts";
import { isReady } from "./is-ready.ts";
import { startOrchestrator } from "./orchestrator.ts";
import { makeTally } from "./tally.ts";

/** After SIGTERM: how long calls and requests under way get, and when the process ends whatever happens. */
const graceMs = 1_000;
const stopMs = 1_800;

const say = (line: string): void => console.log(line);
const { version } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")) as { readonly version: string };
const config = readConfig(process.env);
const database = openDatabase(config.database, (reason) => say(`A database connection broke: ${reason}`));
const tally = makeTally();
const name = `rubik-agent-${randomUUID()}`;
const orchestrator = startOrchestrator({
  ...{ database, token: config.token, tally, name, say, random: Math.random },
  baseUrl: (kind) => `http://${agents[kind].service}:${agents[kind].port}`,
});
const server = makeServer(
  {
    ...{ database, token: config.token, tally, version, isReady, now: Date.now, poke: orchestrator.poke },
    uptimeSeconds: () => Math.floor(process.uptime()),
    worker: orchestrator,
  },
  say,
);

server.listen(config.port, () => say(`rubik-agent ${version} answers on port ${config.port}, as worker ${name}.`));

let stopping = false;
function stop(signal: string): void {
  if (stopping) return;
  stopping = true;
  say(`${signal}: stopping; tasks that do not end within ${graceMs / 1000} s are handed back.`);
  // Whatever hangs now is taken up by its lease's end.
  setTimeout(() => process.exit(0), stopMs).unref();
  const served = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const finished = Promise.all([served, orchestrator.stop(graceMs).catch((error: unknown) => say(`Cannot hand tasks back: ${error}`))]);
  void finished.then(() => database.close()).then(() => process.exit(0));
}
process.once("SIGTERM", () => stop("SIGTERM"));
process.once("SIGINT", () => stop("SIGINT"));
