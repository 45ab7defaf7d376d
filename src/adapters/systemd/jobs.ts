import type { JobResult } from "../../domain/observed.ts";
import type { Ms, ServiceName } from "../../domain/words.ts";
import type { Bus } from "./bus.ts";
import { forgive, names } from "./failure.ts";
import { callManager } from "./manager.ts";
import type { ManagerSignals } from "./signals.ts";

export type JobKind = "start" | "stop" | "restart";

export type Jobs = {
  readonly run: (kind: JobKind, service: ServiceName, timeoutMs: Ms) => Promise<JobResult>;
  /** Did this process ask for the job, or for one that brought it along? Settles when every answer that could tell is there. */
  readonly isOwn: (path: string) => Promise<boolean>;
};

const pollMs: Ms = 1_000;
/** How long a JobRemoved may lag behind the state that it announces. */
const lagMs: Ms = 300;
const remembered = 512;

type Affected = readonly (readonly [id: number, path: string, unit: string, unitPath: string, type: string])[];

/**
 * Jobs and their results. In two of three quick jobs JobRemoved comes before the answer that names the job, so every result is
 * remembered for a while; and a JobRemoved that never comes (manager re-executed, bus restarted) is found out by polling.
 */
export function trackJobs(bus: Bus, signals: ManagerSignals): Jobs {
  const results = new Map<string, JobResult>();
  const own = new Set<string>();
  const asking = new Set<Promise<unknown>>();

  signals.on((event) => {
    if (event.kind === "anew") {
      // A manager that started anew counts its jobs from 1 again.
      results.clear();
      own.clear();
    }
    if (event.kind !== "job-removed") return;
    results.set(event.path, event.result);
    forgetOldest(results);
  });

  const enqueue = async (kind: JobKind, service: ServiceName): Promise<{ readonly id: number; readonly path: string }> => {
    const answer = callManager(bus, "EnqueueUnitJob", [service, kind, "replace"]).then((reply) => {
      const [id, path, , , , affected] = reply as unknown as readonly [number, string, string, string, string, Affected];
      for (const each of [path, ...affected.map((job) => job[1])]) own.add(each);
      forgetOldest(own);
      return { id, path };
    });
    asking.add(answer);
    return await answer.finally(() => asking.delete(answer));
  };

  const wait = (kind: JobKind, service: ServiceName, job: { readonly id: number; readonly path: string }, timeoutMs: Ms) =>
    new Promise<JobResult>((resolve) => {
      const known = results.get(job.path);
      if (known !== undefined) {
        resolve(known);
        return;
      }
      // systemd merges jobs: several callers may wait for one.
      const stopListening = signals.on((event) => {
        if (event.kind === "job-removed" && event.path === job.path) finish(event.result);
      });
      const finish = (result: JobResult): void => {
        over = true;
        stopListening();
        clearTimeout(deadline);
        clearTimeout(nextPoll);
        resolve(result);
      };
      const poll = async (): Promise<void> => {
        const found = await look(bus, service).catch(() => undefined);
        if (over) return;
        // No answer = the bus is away: the deadline decides.
        if (found !== undefined && found.jobId !== job.id) nextPoll = setTimeout(() => void judge(), lagMs);
        else nextPoll = setTimeout(() => void poll(), pollMs);
      };
      const judge = async (): Promise<void> => {
        const found = await look(bus, service).catch(() => undefined);
        finish(found === undefined ? "lost" : verdicts[kind](found.activeState));
      };
      let over = false;
      const deadline = setTimeout(() => finish("timeout"), timeoutMs);
      let nextPoll = setTimeout(() => void poll(), pollMs);
    });

  return {
    run: async (kind, service, timeoutMs) => {
      const deadline = performance.now() + timeoutMs;
      await signals.ready();
      // A start limit that was hit earlier would refuse this start, whatever the unit is like now.
      if (kind !== "stop") await callManager(bus, "ResetFailedUnit", [service]).catch(forgive(names.noSuchUnit));
      const job = await enqueue(kind, service).catch(kind === "stop" ? forgive(names.noSuchUnit) : forgive());
      if (job === undefined) return "done";
      return await wait(kind, service, job, Math.max(0, deadline - performance.now()));
    },
    isOwn: async (path) => {
      if (own.has(path)) return true;
      await Promise.allSettled([...asking]);
      return own.has(path);
    },
  };
}

/** What the state says about a job whose result nobody told. */
const verdicts: Readonly<Record<JobKind, (activeState: string) => JobResult>> = {
  start: started,
  restart: started,
  stop: (activeState) => (activeState === "inactive" || activeState === "failed" ? "done" : "lost"),
};

function started(activeState: string): JobResult {
  if (activeState === "active" || activeState === "reloading") return "done";
  return activeState === "failed" || activeState === "activating" ? "failed" : "lost";
}

async function look(bus: Bus, service: ServiceName): Promise<{ readonly activeState: string; readonly jobId: number } | undefined> {
  const [rows] = await callManager(bus, "ListUnitsByNames", [[service]]);
  const [row] = rows as readonly (readonly unknown[])[];
  return row === undefined ? undefined : { activeState: String(row[3]), jobId: Number(row[7]) };
}

/** Maps and sets keep the order in which they were filled. */
function forgetOldest(memory: { readonly size: number; keys: () => Iterator<string>; delete: (key: string) => boolean }): void {
  while (memory.size > remembered) memory.delete(memory.keys().next().value as string);
}
