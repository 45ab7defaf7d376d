import { type Kind, kinds } from "../agents.ts";
import { claim } from "../queue/claim.ts";
import { type Reclaimed, reclaim, release, renew } from "../queue/lease.ts";
import type { Ending } from "../queue/record.ts";
import type { Claim } from "../task.ts";
import { type Asking, type Attempt, attempt } from "./attempt.ts";

/*
 * What holds here, killed at any instant:
 * - A task is called at least once, and as long as it has not ended its calls are repeated, with the same payload and id.
 * - Only the holder of the newest attempt records how it ended, in one conditional statement: an ending is recorded once.
 * - Two attempts of one task overlap only when a worker was silent for longer than its lease and yet lives (stopped, cut off).
 *   It learns of that at its next renewal, ends its call, and records nothing.
 */

export type WorkerOptions = Asking & {
  readonly leaseMs: number;
  readonly concurrency: (kind: Kind) => number;
  readonly ended: (task: Claim, ending: Ending) => void;
  /** A place became free. */
  readonly freed: () => void;
};

export type Worker = {
  /** Claims what is due, as much as there is room for. */
  readonly take: () => Promise<void>;
  /** Renews the leases, notices cancellations, and takes up what other workers lost. */
  readonly keep: () => Promise<readonly Reclaimed[]>;
  /** Ends a running call of this worker at once. Another worker's is ended by its own `keep`. */
  readonly cancel: (id: string) => void;
  readonly running: () => number;
  /** Gives running calls this long, ends the others, and hands their tasks back. */
  readonly stop: (graceMs: number) => Promise<void>;
};

/** A process's share of the work. Its name must never be used twice: a process that comes back is another worker. */
export function makeWorker(options: WorkerOptions): Worker {
  const { sql, worker, leaseMs } = options;
  const running = new Map<string, Attempt>();
  let renewedAt = performance.now();
  let stopping = false;

  function start(task: Claim): void {
    const one = attempt(options, task);
    running.set(task.id, one);
    void one.ending.then((ending) => {
      if (running.get(task.id) === one) running.delete(task.id);
      if (ending !== undefined) options.ended(task, ending);
      options.freed();
    });
  }

  const free = (kind: Kind): number => {
    const busy = [...running.values()].filter(({ task }) => task.kind === kind).length;
    return options.concurrency(kind) - busy;
  };

  return {
    take: async () => {
      if (stopping) return;
      const room = new Map(kinds.map((kind) => [kind, free(kind)] as const));
      for (const task of await claim(sql, worker, leaseMs, room)) start(task);
    },

    keep: async () => {
      const held = [...running.entries()];
      try {
        const kept = new Map((await renew(sql, worker, leaseMs, [...running.keys()])).map((one) => [one.id, one]));
        renewedAt = performance.now();
        for (const [id, one] of held) {
          if (kept.get(id)?.cancel_requested === true) one.abort("its cancellation was asked for", "cancelled");
          // Its ending may just have been recorded; then there is no call left to end.
          else if (!kept.has(id)) one.abort("its lease was lost");
        }
      } catch (error) {
        // From here on somebody else may hold them.
        if (performance.now() - renewedAt > leaseMs) for (const [, one] of held) one.abort("its lease could not be renewed");
        throw error;
      }
      return await reclaim(sql);
    },

    cancel: (id) => running.get(id)?.abort("its cancellation was asked for", "cancelled"),
    running: () => running.size,

    stop: async (graceMs) => {
      stopping = true;
      const ends = Promise.all([...running.values()].map(({ ending }) => ending));
      const grace = setTimeout(() => {
        for (const one of running.values()) one.abort("this worker stops", "handed back");
      }, graceMs);
      await ends;
      clearTimeout(grace);
      await release(sql, worker);
    },
  };
}
