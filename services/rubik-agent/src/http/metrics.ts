import { type Counts, counts } from "../queue/counts.ts";
import type { Asked, Reply } from "./routes.ts";

type Value = { readonly labels?: Readonly<Record<string, string>>; readonly value: number };

/** One metric in Prometheus' text format. Label values are words of ours, which need no escaping. */
function metric(name: string, type: "counter" | "gauge", help: string, values: readonly Value[]): string {
  const lines = values.map(({ labels = {}, value }) => {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${text}"`);
    return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

/** Always an answer: while the database is away its figures are left out, and rubik_database_up is 0. */
export async function metrics({ facts }: Asked): Promise<Reply> {
  const { tally, worker } = facts;
  const found = await counts(facts.database.sql).catch(() => undefined);
  const own = [
    metric("rubik_database_up", "gauge", "Whether the database answered just now.", [{ value: found === undefined ? 0 : 1 }]),
    metric("rubik_running", "gauge", "Calls of this process that are under way.", [{ value: worker.running() }]),
    metric(
      "rubik_attempts_total",
      "counter",
      "Attempts of this process by kind and what became of the task.",
      tally.endings().map(({ kind, state, count }) => ({ labels: { kind, state }, value: count })),
    ),
    metric("rubik_reclaimed_total", "counter", "Tasks taken from workers that were lost.", [{ value: tally.reclaims() }]),
    metric(
      "rubik_http_requests_total",
      "counter",
      "Requests answered, by status code.",
      tally.answers().map(({ status, count }) => ({ labels: { code: status }, value: count })),
    ),
    metric("process_resident_memory_bytes", "gauge", "Resident memory.", [{ value: process.memoryUsage.rss() }]),
    metric("process_uptime_seconds", "gauge", "Time since the start.", [{ value: facts.uptimeSeconds() }]),
  ];
  return { status: 200, body: [...(found === undefined ? [] : queueMetrics(found)), ...own].join("") };
}

function queueMetrics({ tasks, oldestDueSeconds }: Counts): readonly string[] {
  return [
    metric(
      "rubik_tasks",
      "gauge",
      "Tasks in the table, by kind and state.",
      tasks.map(({ kind, state, count }) => ({ labels: { kind, state }, value: count })),
    ),
    metric("rubik_oldest_due_seconds", "gauge", "How long the task that is due longest has waited.", [{ value: oldestDueSeconds }]),
  ];
}
