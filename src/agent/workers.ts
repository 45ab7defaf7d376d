import type { Failpoint } from "../deploy/failpoint.ts";
import type { Ports } from "../ports/ports.ts";
import type { Ask } from "./due.ts";
import type { Inbox } from "./inbox.ts";
import { runTask, type Task } from "./tasks.ts";

/** What runs beside the loop; each reports to the inbox when it is done, and never fails. */
export type Workers = {
  /** False = too many questions are open; ask again later. */
  readonly ask: (ask: Ask) => boolean;
  readonly listObjects: () => void;
  readonly change: (task: Task) => void;
  /** Resolves when every change has ended. */
  readonly idle: () => Promise<void>;
};

/** A question costs a socket; hundreds at once would only make each other late. */
const mostAsks = 32;

export function startWorkers(inbox: Inbox, failpoint: Failpoint, ports: Ports): Workers {
  let asks = 0;
  let isListing = false;
  const changes = new Set<Promise<void>>();

  const ask = async (question: Ask): Promise<void> => {
    const { probe, route, service, timeoutMs } = question;
    const result = await ports.prober.probe({ probe, route, service, timeoutMs });
    asks -= 1;
    // Of several questions that were asked together, the last answer wakes the loop for all of them.
    const isQuiet = question.isRoutine && result.outcome === "success" && asks > 0;
    inbox.put({ kind: "answer", ask: question, result, atMs: ports.clock.monotonic() }, isQuiet);
  };
  const list = async (): Promise<void> => {
    const askedAtMs = ports.clock.monotonic();
    try {
      const [networks, volumes] = [await ports.objects.networks(), await ports.objects.volumes()];
      inbox.put({ kind: "objects", networks, volumes, askedAtMs });
    } catch (error) {
      ports.journal.say(4, `Cannot list networks and volumes: ${error instanceof Error ? error.message : String(error)}`);
    }
    isListing = false;
  };
  const change = async (task: Task): Promise<void> => {
    const done = await runTask(task, failpoint, ports);
    inbox.put({ kind: "task-done", stack: task.stack, task: task.kind, failed: !done });
  };

  return {
    ask: (question) => {
      if (asks >= mostAsks) return false;
      asks += 1;
      void ask(question);
      return true;
    },
    listObjects: () => {
      if (isListing) return;
      isListing = true;
      void list();
    },
    change: (task) => {
      const running = change(task).finally(() => changes.delete(running));
      changes.add(running);
    },
    idle: async () => {
      await Promise.all(changes);
    },
  };
}
