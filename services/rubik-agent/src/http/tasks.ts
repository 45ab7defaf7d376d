import { objectWith, uuid } from "../check.ts";
import { cancel } from "../queue/cancel.ts";
import { enqueue } from "../queue/enqueue.ts";
import { findTask, findTasks } from "../queue/find.ts";
import { Refusal } from "../refusal.ts";
import { cursorText, listQuery } from "./list-query.ts";
import type { Asked, Reply } from "./routes.ts";
import { taskRequest } from "./task-request.ts";

/** 201 = committed. A sender that is not sure repeats it with the same id, and gets the task that is there: 200. */
export async function createTask({ facts, body }: Asked): Promise<Reply> {
  const request = taskRequest(body, facts.now());
  const task = await enqueue(facts.database.sql, request);
  if (task !== undefined) {
    facts.poke();
    return { status: 201, body: task, headers: { location: `tasks/${task.id}` } };
  }
  const there = await findTask(facts.database.sql, request.id);
  if (there?.kind === request.kind) return { status: 200, body: there };
  throw new Refusal(409, `There is a task ${request.id} already, and it is no ${request.kind}.`, { field: "id" });
}

export async function getTask({ facts, id }: Asked): Promise<Reply> {
  const task = await findTask(facts.database.sql, uuid("id", id));
  if (task === undefined) throw unknownTask(id);
  return { status: 200, body: task };
}

export async function listTasks({ facts, query }: Asked): Promise<Reply> {
  const { tasks, next } = await findTasks(facts.database.sql, listQuery(query, facts.now()));
  return { status: 200, body: { tasks, next: next === undefined ? null : cursorText(next) } };
}

/** 200 = it is cancelled; 202 = it runs, and its worker was told. One that ended otherwise before is left as it is: 409. */
export async function cancelTask({ facts, id, body }: Asked): Promise<Reply> {
  objectWith("body", body, []);
  const cancelled = await cancel(facts.database.sql, uuid("id", id));
  if (cancelled !== undefined) {
    if (cancelled.state === "cancelled") return { status: 200, body: cancelled };
    facts.worker.cancel(cancelled.id);
    return { status: 202, body: cancelled };
  }
  const task = await findTask(facts.database.sql, id);
  if (task === undefined) throw unknownTask(id);
  if (task.state === "cancelled") return { status: 200, body: task };
  throw new Refusal(409, `The task ${id} is ${task.state}; there is nothing left to cancel.`);
}

function unknownTask(id: string): Refusal {
  return new Refusal(404, `There is no task ${id}. Tasks are kept for 7 days after their end.`);
}
