import { Refusal, shown } from "./refusal.ts";

/** Times as this service takes them: ISO 8601 with a zone, or a span back from now (`30m`, `1h`, `7d`). */

const isoForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2})$/;
const spanForm = /^([1-9]\d{0,5})([smhd])$/;
const unitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const longestSpanMs = 400 * 86_400_000;
/** Before this nothing was ever measured; a time there is a mistake, such as seconds taken for milliseconds. */
const earliest = Date.UTC(2000, 0, 1);

/** A span in milliseconds; undefined when the text is none. */
export function spanMs(text: string): number | undefined {
  const [, count = "", unit = ""] = spanForm.exec(text) ?? [];
  const ms = Number(count) * (unitMs[unit] ?? Number.NaN);
  return ms > 0 && ms <= longestSpanMs ? ms : undefined;
}

export function span(field: string, value: unknown): string {
  if (typeof value === "string" && spanMs(value) !== undefined) return value;
  throw new Refusal(422, `${field} must be a span such as 30m, 24h or 7d, at most 400d, not ${shown(value)}.`, { field });
}

/** A moment in milliseconds since 1970. A span counts back from `now`. */
export function moment(field: string, value: unknown, now: number): number {
  const back = typeof value === "string" ? spanMs(value) : undefined;
  if (back !== undefined) return now - back;
  const at = isoMs(value);
  if (at !== undefined) return at;
  throw new Refusal(422, `${field} must be a time such as 2026-11-26T11:00:00.000Z, or a span such as 1h, not ${shown(value)}.`, { field });
}

/** A moment up to a year ahead; one that is over means now. */
export function laterMoment(field: string, value: unknown, now: number): number {
  const at = isoMs(value);
  if (at !== undefined && at <= now + 366 * 86_400_000) return at;
  throw new Refusal(422, `${field} must be a time within a year, such as 2026-11-26T11:00:00.000Z, not ${shown(value)}.`, { field });
}

/** ISO 8601 with a zone, of a day that exists (Date.parse takes the 31st of February for the 3rd of March). */
function isoMs(value: unknown): number | undefined {
  if (typeof value !== "string" || !isoForm.test(value)) return undefined;
  const at = Date.parse(value);
  const day = Number(value.slice(8, 10));
  const daysInMonth = new Date(Date.UTC(Number(value.slice(0, 4)), Number(value.slice(5, 7)), 0)).getUTCDate();
  return Number.isNaN(at) || day > daysInMonth || at < earliest ? undefined : at;
}

export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
