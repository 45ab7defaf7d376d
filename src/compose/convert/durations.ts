/** Times as Compose writes them. Podman takes Go's form of them, systemd's of seconds. */
import { parseTimeSpan } from "../../domain/time.ts";
import type { Ms } from "../../domain/words.ts";

export function millisecondsOf(text: string): Ms {
  return parseTimeSpan(text.replaceAll("\u00b5s", "us")) ?? 0;
}

/** Whole seconds, a part of one counts as one. */
export function secondsOf(text: string): number {
  return Math.ceil(millisecondsOf(text) / 1000);
}

/** As Go reads it, which knows no days and weeks. */
export function goDuration(text: string): string {
  return /[dw]/u.test(text) ? `${secondsOf(text)}s` : text === "0" ? "0s" : text;
}
