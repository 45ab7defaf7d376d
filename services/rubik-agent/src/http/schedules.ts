import { agents, kinds } from "../agents.ts";
import { boolean, integer, objectWith, oneOf } from "../check.ts";
import { listSchedules, putSchedule } from "../queue/schedules.ts";
import { scheduleName } from "./list-query.ts";
import type { Asked, Reply } from "./routes.ts";

const shortestMs = 10_000;
const longestMs = 31 * 86_400_000;

export async function getSchedules({ facts }: Asked): Promise<Reply> {
  return { status: 200, body: { schedules: await listSchedules(facts.database.sql) } };
}

/** Makes or changes one. `"enabled": false` stops it; the first ones come back enabled when they are missing, so none is removed. */
export async function setSchedule({ facts, id, body }: Asked): Promise<Reply> {
  const name = scheduleName(id);
  const fields = objectWith("body", body, ["kind", "payload", "every_ms", "enabled"]);
  const kind = oneOf("kind", fields["kind"], kinds);
  const payload = fields["payload"] ?? {};
  // Kept as it was written, since a span means another time at each tick; it must be right all the same.
  agents[kind].payload(payload, facts.now());
  const schedule = {
    ...{ name, kind, payload },
    every_ms: integer("every_ms", fields["every_ms"], shortestMs, longestMs),
    enabled: boolean("enabled", fields["enabled"] ?? true),
  };
  await putSchedule(facts.database.sql, schedule);
  facts.poke();
  return { status: 200, body: schedule };
}
