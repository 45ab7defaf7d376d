import { randomUUID } from "node:crypto";
import { agents, kinds } from "../agents.ts";
import { integer, objectWith, oneOf, uuid } from "../check.ts";
import type { TaskRequest } from "../task.ts";
import { laterMoment } from "../time.ts";

const longestDeadlineMs = 86_400_000;

/** What somebody asks for in `POST /tasks`, checked and completed. */
export function taskRequest(body: unknown, now: number): TaskRequest {
  const fields = objectWith("body", body, ["id", "kind", "payload", "priority", "run_at", "max_attempts", "deadline_ms"]);
  const kind = oneOf("kind", fields["kind"], kinds);
  const given = <T>(name: string, check: (field: string, value: unknown) => T, otherwise: T): T =>
    fields[name] === undefined ? otherwise : check(name, fields[name]);
  return {
    id: given("id", uuid, randomUUID()),
    kind,
    payload: agents[kind].payload(fields["payload"] ?? {}, now),
    priority: given("priority", (field, value) => integer(field, value, -100, 100), 0),
    runAt: given("run_at", (field, value) => laterMoment(field, value, now), now),
    maxAttempts: given("max_attempts", (field, value) => integer(field, value, 1, 20), 5),
    deadlineMs: given("deadline_ms", (field, value) => integer(field, value, 1_000, longestDeadlineMs), agents[kind].deadlineMs),
  };
}
