import type { Database } from "../../src/database.ts";
import { startAgent } from "./running-agent.ts";
import { startService } from "./service.ts";
import { waitFor } from "./wait-for.ts";

export type Throughput = { readonly tasks: number; readonly queuedPerSecond: number; readonly donePerSecond: number };

/** Queues tasks one request at a time from `clients` clients, while they are claimed, called and recorded. A task counts when it is done. */
export async function measureThroughput(database: Database, tasks: number, clients = 16): Promise<Throughput> {
  const service = await startService();
  const agent = await startAgent(database, service.url);
  try {
    const started = performance.now();
    const rate = (): number => tasks / ((performance.now() - started) / 1000);
    let sent = 0;
    const client = async (): Promise<void> => {
      while (sent < tasks) {
        sent += 1;
        const { status, text } = await agent.ask("POST", "/tasks", { kind: "detect", payload: { from: "15m" } });
        if (status !== 201) throw new Error(`HTTP ${status}: ${text}`);
      }
    };
    await Promise.all(Array.from({ length: clients }, client));
    const queuedPerSecond = rate();
    await waitFor(
      "all are done",
      async () => ((await agent.ask("GET", "/health")).body["tasks"] as { done: number }).done === tasks,
      120_000,
    );
    return { tasks, queuedPerSecond, donePerSecond: rate() };
  } finally {
    await agent.stop();
    await service.close();
  }
}
