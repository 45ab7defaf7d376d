import type { Ms } from "./words.ts";

const unitMs: Readonly<Record<string, Ms>> = {
  us: 0.001,
  usec: 0.001,
  ms: 1,
  msec: 1,
  "": 1000,
  s: 1000,
  sec: 1000,
  second: 1000,
  seconds: 1000,
  m: 60_000,
  min: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hr: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
  w: 604_800_000,
  week: 604_800_000,
  weeks: 604_800_000,
};

/** Reads a systemd time span (`10`, `1min 30s`, `500ms`) or a Go one (`1m30s`). Bare numbers are seconds. Undefined = not a time span. */
export function parseTimeSpan(text: string): Ms | undefined {
  let rest = text.trim();
  if (rest === "") return undefined;
  let total = 0;
  // Piece by piece: one pattern for all of it would backtrack without end on a long hostile value.
  while (rest !== "") {
    const [piece, amount, unit] = /^(\d{1,15}(?:\.\d{1,9})?)[ \t]*([a-z]*)[ \t]*/.exec(rest) ?? [];
    const factor = unitMs[unit ?? ""];
    if (piece === undefined || factor === undefined) return undefined;
    total += Number(amount) * factor;
    rest = rest.slice(piece.length);
  }
  return Math.round(total);
}

/** `850 ms`, `9.5 s`, `2 min`, `3 h 5 min`: for people. */
export function showDuration(ms: Ms): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${Number((ms / 1000).toFixed(1))} s`;
  const minutes = Math.round(ms / 60_000);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}
