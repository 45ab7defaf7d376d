import { setTimeout as sleep } from "node:timers/promises";
import { agents, kinds } from "../agents.ts";
import { type Counts, counts } from "../queue/counts.ts";
import { listSchedules } from "../queue/schedules.ts";
import type { Asked, Facts, Reply } from "./routes.ts";

/** Longer than every deadline inside: who has not turned for this long never will. */
const stuckSeconds = 60;

/** Liveness: the process answers and looks for work. A database that is away is not healed by restarting this one. */
export async function live({ facts }: Asked): Promise<Reply> {
  const seconds = facts.worker.turnedSecondsAgo();
  if (seconds <= stuckSeconds) return { status: 200, body: { status: "live" } };
  return { status: 503, body: { status: "stuck", error: `It has not looked for work for ${Math.round(seconds)} s.` } };
}

/** Readiness: the database answers, and has the tables. */
export async function ready({ facts }: Asked): Promise<Reply> {
  return await asking(async () => {
    await facts.database.sql("SELECT FROM tasks LIMIT 0");
    return { status: "ready" };
  });
}

export async function health({ facts }: Asked): Promise<Reply> {
  return await asking(async () => ({ status: "healthy", ...(await details(facts)) }));
}

/** Always an answer: who asks wants to know what works and what does not. */
export async function status({ facts }: Asked): Promise<Reply> {
  const [found, services] = await Promise.all([
    asking(async () => ({ ...(await details(facts)), schedules: await listSchedules(facts.database.sql) })),
    serviceStates(facts),
  ]);
  const { version } = facts;
  const more = { service: "rubik-agent", version, uptime_seconds: facts.uptimeSeconds(), agents: services };
  return { status: 200, body: { ...more, database: found.status === 200 ? "answers" : "away", ...(found.body as object) } };
}

export async function agentStates({ facts }: Asked): Promise<Reply> {
  return { status: 200, body: { agents: await serviceStates(facts) } };
}

async function details(facts: Facts): Promise<Readonly<Record<string, unknown>>> {
  const { tasks, oldestDueSeconds } = await counts(facts.database.sql);
  return {
    running_here: facts.worker.running(),
    tasks: byState({ tasks, oldestDueSeconds }),
    oldest_due_seconds: Math.round(oldestDueSeconds),
  };
}

function byState({ tasks }: Counts): Readonly<Record<string, number>> {
  const sums: Record<string, number> = { queued: 0, running: 0, done: 0, failed: 0, cancelled: 0 };
  for (const { state, count } of tasks) sums[state] = (sums[state] ?? 0) + count;
  return sums;
}

/** Who does the work, and whether they answer at this moment. */
async function serviceStates(facts: Facts): Promise<readonly Readonly<Record<string, unknown>>[]> {
  return await Promise.all(
    kinds.map(async (kind) => {
      const { service, port, path, does, concurrency, callMs, deadlineMs } = agents[kind];
      const isReady = await facts.isReady(service, port);
      return { kind, service, does, path, ready: isReady, concurrency, call_ms: callMs, deadline_ms: deadlineMs };
    }),
  );
}

/** Shorter than the patience of whoever asks, so that they hear that it is the database that hangs. */
const answerMs = 1_200;

async function asking(question: () => Promise<Readonly<Record<string, unknown>>>): Promise<Reply> {
  const enough = new AbortController();
  const tooLate = sleep(answerMs, undefined, { signal: enough.signal }).then(() => {
    throw new Error(`The database did not answer within ${answerMs / 1000} s.`);
  });
  // Ended by `enough` when the question was answered first.
  tooLate.catch(() => {});
  try {
    return { status: 200, body: await Promise.race([question(), tooLate]) };
  } catch (error) {
    return { status: 503, body: { status: "unavailable", error: error instanceof Error ? error.message : "the database failed" } };
  } finally {
    enough.abort();
  }
}
