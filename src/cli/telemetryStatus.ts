import * as z from "zod";
import type { TelemetryStatus } from "../agent/telemetry/status.ts";
import { showSize } from "../domain/size.ts";
import { showDuration } from "../domain/time.ts";
import type { CliContext } from "./context.ts";
import { paint } from "./paint.ts";
import { printable } from "./printable.ts";

const count = z.number();
/** An agent of another version may know less, or more. */
const telemetrySchema = z.discriminatedUnion("state", [
  z.object({ state: z.literal("off") }),
  z.object({
    ...{ state: z.literal("on"), url: z.string(), waiting: count, spooledBytes: count, delivered: count, dropped: count },
    ...{ rejected: count, lastDelivery: count, lastError: z.string(), nextTry: count },
  }),
]);

/** What the agent says about telemetry; null when no agent runs. */
export function telemetryOf(status: unknown): TelemetryStatus | null {
  return z.object({ telemetry: telemetrySchema }).safeParse(status).data?.telemetry ?? null;
}

/** One line for people. */
export function telemetryText(status: Extract<TelemetryStatus, { state: "on" }>, now: number, context: CliContext): string {
  const last = status.lastDelivery === 0 ? "nothing delivered yet" : `delivered ${showDuration(now - status.lastDelivery)} ago`;
  const spool = status.spooledBytes === 0 ? "" : ` (${showSize(status.spooledBytes)} on disk)`;
  const lost = Object.entries({ dropped: status.dropped, rejected: status.rejected }).filter(([, number]) => number > 0);
  const error = status.lastError === "" ? "" : `; ${paint(context, "yellow", printable(status.lastError))}`;
  return `telemetry  ${printable(status.url)}: ${last}, ${status.waiting} wait${spool}${lost.map(([what, number]) => `, ${number} ${what}`).join("")}${error}`;
}
