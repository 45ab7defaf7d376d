import { sayEvent } from "../../domain/events.ts";
import type { LedgerLine } from "../../domain/ledger.ts";
import type { ProbeKind, ProbeOutcome } from "../../domain/policy.ts";
import type { GenerationNumber, Ms, ServiceName, StackName } from "../../domain/words.ts";

/** The answer to one health question. Times in ms since 1970. */
export type Sample = {
  readonly kind: "sample";
  readonly stack: StackName;
  readonly service: ServiceName;
  readonly at: number;
  readonly probe: ProbeKind;
  readonly outcome: ProbeOutcome;
  /** null where nothing was measured. */
  readonly latencyMs: Ms | null;
  readonly periodMs: Ms;
};

/** Something that happened to a stack: a line of its ledger. */
export type Happening = {
  readonly kind: "event";
  readonly stack: StackName;
  readonly at: number;
  readonly event: string;
  readonly service: ServiceName | null;
  readonly generation: GenerationNumber | null;
  readonly detail: string;
};

export type Item = Sample | Happening;
export type ItemKind = Item["kind"];

const longestDetail = 1_000;

/** A ledger line as telemetry; undefined when it has no usable time (somebody wrote it by hand). */
export function happeningOf(stack: StackName, line: LedgerLine): Happening | undefined {
  if (!Number.isFinite(new Date(line.at).getTime())) return undefined;
  return {
    kind: "event",
    stack,
    at: line.at,
    event: line.event,
    service: "service" in line ? (line.service ?? null) : null,
    generation: "generation" in line ? line.generation : null,
    detail: sayEvent(line).slice(0, longestDetail),
  };
}

/** An item as the sink reads it (docs/telemetry.md). */
export function encodeItem(item: Item): string {
  const at = new Date(item.at).toISOString();
  if (item.kind === "sample") {
    const { stack, service, probe, outcome, latencyMs, periodMs } = item;
    const latency = latencyMs === null ? null : Math.round(latencyMs * 1000) / 1000;
    return JSON.stringify({ stack, service, at, probe, outcome, latency_ms: latency, period_ms: periodMs });
  }
  const { stack, event, service, generation, detail } = item;
  return JSON.stringify({ stack, at, kind: event, service, generation, detail });
}

/** Where a batch of one kind goes, below the sink's address. */
export const pathOf = { sample: "v1/samples", event: "v1/events" } as const satisfies Record<ItemKind, string>;

/** The body of a batch of one kind. */
export function bodyOf(kind: ItemKind, encoded: readonly string[]): string {
  return `{"${kind}s":[${encoded.join(",")}]}`;
}
