import { kinds } from "../agents.ts";
import { oneOf, uuid } from "../check.ts";
import type { Cursor, Filter } from "../queue/find.ts";
import { Refusal, shown } from "../refusal.ts";
import { states } from "../task.ts";
import { moment } from "../time.ts";

const parameters = ["state", "kind", "schedule", "from", "to", "after", "limit"];

/** The query of `GET /tasks`: `?state=queued,running&kind=train&from=1h&limit=50&after=<next of the page before>`. */
export function listQuery(query: URLSearchParams, now: number): Filter {
  for (const name of query.keys()) {
    if (!parameters.includes(name)) refuse(name, `${shown(name)} is not a parameter; they are ${parameters.join(", ")}.`);
    if (query.getAll(name).length > 1) refuse(name, `${name} stands there more than once.`);
  }
  const given = <T>(name: string, check: (text: string) => T): T | undefined => {
    const text = query.get(name);
    return text === null ? undefined : check(text);
  };
  return {
    states: given("state", (text) => text.split(",").map((word) => oneOf("state", word, states))) ?? [],
    kinds: given("kind", (text) => text.split(",").map((word) => oneOf("kind", word, kinds))) ?? [],
    schedule: given("schedule", scheduleName),
    from: given("from", (text) => moment("from", text, now)),
    to: given("to", (text) => moment("to", text, now)),
    after: given("after", cursorOf),
    limit: given("limit", limitOf) ?? 50,
  };
}

/** A schedule's name: short, and nothing in it that a path or a log line could be confused by. */
export function scheduleName(text: string): string {
  if (/^[a-z0-9][a-z0-9-]{0,39}$/.test(text)) return text;
  return refuse("schedule", `A schedule's name has 1 to 40 small letters, digits and dashes; ${shown(text)} is none.`);
}

function limitOf(text: string): number {
  const limit = Number(text);
  if (/^\d{1,3}$/.test(text) && limit >= 1 && limit <= 200) return limit;
  return refuse("limit", `limit must be a number from 1 to 200, not ${shown(text)}.`);
}

export function cursorText({ createdAt, id }: Cursor): string {
  return `${createdAt}.${id}`;
}

function cursorOf(text: string): Cursor {
  const [time = "", id = "", ...rest] = text.split(".");
  if (!/^\d{1,15}$/.test(time) || rest.length > 0) return refuse("after", `after must be the next of the page before, not ${shown(text)}.`);
  return { createdAt: Number(time), id: uuid("after", id) };
}

function refuse(field: string, sentence: string): never {
  throw new Refusal(422, sentence, { field: field.slice(0, 100) });
}
