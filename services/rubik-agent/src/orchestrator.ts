import { agents, type Kind } from "./agents.ts";
import type { Database } from "./database.ts";
import { removeOld } from "./queue/retention.ts";
import { fireSchedules, seedSchedules } from "./queue/schedules.ts";
import type { Tally } from "./tally.ts";
import { call } from "./worker/call.ts";
import { keepDoing } from "./worker/rhythm.ts";
import { makeWorker } from "./worker/worker.ts";

export type OrchestratorOptions = {
  readonly database: Database;
  readonly token: string;
  readonly tally: Tally;
  readonly name: string;
  readonly say: (line: string) => void;
  readonly random: () => number;
  /** Where a kind's service answers: `http://gap-detector:8000`. */
  readonly baseUrl: (kind: Kind) => string;
  readonly leaseMs?: number;
  readonly schedules?: boolean;
};

export type Orchestrator = {
  readonly poke: () => void;
  readonly cancel: (id: string) => void;
  readonly running: () => number;
  readonly turnedSecondsAgo: () => number;
  readonly stop: (graceMs: number) => Promise<void>;
};

const keepDays = 7;

/** Everything that happens without being asked for: claiming, renewing, schedules, removing what is old. */
export function startOrchestrator(options: OrchestratorOptions): Orchestrator {
  const { database, token, tally, say, leaseMs = 20_000 } = options;
  const worker = makeWorker({
    sql: database.sql,
    worker: options.name,
    random: options.random,
    say,
    leaseMs,
    concurrency: (kind) => agents[kind].concurrency,
    ask: ({ id, kind, payload }, signal) => call({ url: options.baseUrl(kind) + agents[kind].path, token, id, body: payload, signal }),
    ended: (task, ending) => {
      tally.ended(task.kind, ending.state);
      const next = ending.state === "queued" ? `; again in ${(ending.afterMs / 1000).toFixed(1)} s` : "";
      const why = "error" in ending ? `: ${ending.error}${next}` : ".";
      say(`${task.kind} ${task.id}: attempt ${task.attempts} ended, the task is ${ending.state}${why}`);
    },
    freed: () => claiming.poke(),
  });
  const claiming = keepDoing({ what: "claim tasks", everyMs: 1_000, work: worker.take, say });
  const keeping = keepDoing({
    what: "renew leases",
    everyMs: leaseMs / 8,
    say,
    work: async () => {
      const found = await worker.keep();
      tally.reclaimed(found.length);
      for (const { id, kind, state, attempts } of found)
        say(`${kind} ${id}: its worker was lost during attempt ${attempts}; it is ${state}.`);
      if (found.length > 0) claiming.poke();
    },
  });
  const removing = keepDoing({
    what: "remove old tasks",
    everyMs: 600_000,
    work: async () => (await removeOld(database.sql, keepDays)) === 1_000,
    say,
  });
  const others =
    options.schedules === false ? [keeping, removing] : [keeping, removing, keepSchedules(database, say, () => claiming.poke())];
  return {
    poke: () => claiming.poke(),
    cancel: worker.cancel,
    running: worker.running,
    turnedSecondsAgo: () => (performance.now() - claiming.turnedAt()) / 1000,
    stop: async (graceMs) => {
      await claiming.stop();
      await worker.stop(graceMs);
      await Promise.all(others.map((rhythm) => rhythm.stop()));
    },
  };
}

function keepSchedules(database: Database, say: (line: string) => void, fired: () => void): ReturnType<typeof keepDoing> {
  let seeded = false;
  const work = async (): Promise<void> => {
    if (!seeded) await seedSchedules(database.sql);
    seeded = true;
    for (const { name, outcome, because } of await fireSchedules(database)) {
      if (outcome === "queued") fired();
      else
        say(`The schedule ${name} is due: ${outcome === "refused" ? `not queued, ${because}` : "left out, its last task has not ended"}.`);
    }
  };
  return keepDoing({ what: "run schedules", everyMs: 1_000, work, say });
}
