import { setTimeout as sleep } from "node:timers/promises";
import { agents } from "../agents.ts";
import { isDataError, type Sql } from "../database.ts";
import { type Ending, record } from "../queue/record.ts";
import type { Claim } from "../task.ts";
import type { Answer } from "./call.ts";
import { judge } from "./verdict.ts";

export type Asking = {
  readonly sql: Sql;
  readonly worker: string;
  readonly ask: (task: Claim, signal: AbortSignal) => Promise<Answer>;
  readonly random: () => number;
  readonly say: (line: string) => void;
};

/** A task that this worker holds, while its call is under way. */
export type Attempt = {
  readonly task: Claim;
  /** Ends the call; `cancelled` is what makes the difference between "cancelled" and another attempt. */
  readonly abort: (reason: string, how?: "cancelled" | "handed back") => void;
  /** How it ended; undefined = not recorded by this worker. Never rejects. */
  readonly ending: Promise<Ending | undefined>;
};

const recordAgainMs = 500;

/** Asks the service of a task once, and records what came of it. */
export function attempt(asking: Asking, task: Claim): Attempt {
  const controller = new AbortController();
  let how: "cancelled" | "handed back" | undefined;
  const abort: Attempt["abort"] = (reason, why) => {
    how ??= why;
    controller.abort(reason);
  };
  return { task, abort, ending: follow(asking, task, controller, () => how) };
}

async function follow(
  asking: Asking,
  task: Claim,
  controller: AbortController,
  how: () => "cancelled" | "handed back" | undefined,
): Promise<Ending | undefined> {
  const started = performance.now();
  const answer = await askInTime(asking, task, controller);
  if (how() === "handed back" && "noAnswer" in answer) return undefined;
  const elapsedMs = performance.now() - started;
  const { service } = agents[task.kind];
  const ending = judge({ claim: task, service, answer, elapsedMs, cancelled: how() === "cancelled", random: asking.random() });
  return await recordSurely(asking, task, ending, () => how() === "handed back");
}

/** No call outlives its own limit or its task's deadline. */
async function askInTime(asking: Asking, task: Claim, controller: AbortController): Promise<Answer> {
  if (task.remaining_ms <= 0) return { noAnswer: "its deadline had passed before it could be asked" };
  const limitMs = Math.min(agents[task.kind].callMs, task.remaining_ms);
  const timer = setTimeout(() => controller.abort(`no end within ${Math.round(limitMs) / 1000} s`), limitMs);
  const answer = await asking.ask(task, controller.signal);
  clearTimeout(timer);
  return answer;
}

/** What was worked out is not lost because the database is away for a while: it is offered until it is taken, or somebody else has the task. */
async function recordSurely(asking: Asking, task: Claim, ending: Ending, givesUp: () => boolean): Promise<Ending | undefined> {
  for (let told = false; ; told = true) {
    try {
      if (await record(asking.sql, asking.worker, task, ending)) return ending;
      asking.say(`${task.kind} ${task.id}: somebody else has taken it up; what attempt ${task.attempts} found is dropped.`);
      return undefined;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (isDataError(error) && ending.state === "done") {
        return await recordSurely(asking, task, { state: "failed", error: `its result cannot be stored: ${reason}` }, givesUp);
      }
      if (!told) asking.say(`${task.kind} ${task.id}: cannot record that it is ${ending.state}: ${reason}. Trying until it can.`);
      if (givesUp()) return undefined;
      await sleep(recordAgainMs);
    }
  }
}
