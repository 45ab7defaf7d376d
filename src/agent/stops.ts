import type { StackEvent } from "../domain/events.ts";
import type { Ms, ServiceName } from "../domain/words.ts";
import { judgeStop, stopSettleMs } from "../heal/by-hand.ts";
import type { AgentMemory, StackMemory } from "./memory.ts";
import { isChanging } from "./see.ts";
import { viewStack } from "./view.ts";

/** Stops so old are forgotten: they explain nothing any more. */
const rememberedMs: Ms = 10_000;

/** How long after a change word of its stop jobs may still come. */
const echoMs: Ms = 2000;

function isOfChange(stack: StackMemory, nowMs: Ms): boolean {
  return isChanging(stack) || (stack.foreignChangeMs !== undefined && nowMs - stack.foreignChangeMs <= echoMs);
}

/** A stop job of somebody else ended. One that belongs to a change is nobody's wish to keep it stopped. */
export function seeStop(stack: StackMemory, service: ServiceName, nowMs: Ms): StackMemory {
  return { ...stack, stops: [...stack.stops, { service, atMs: nowMs, isJudged: isOfChange(stack, nowMs) }] };
}

/** When the next stop can be judged, infinity while there is none. */
export function nextJudgementMs({ stops }: StackMemory): Ms {
  return Math.min(...stops.filter(({ isJudged }) => !isJudged).map(({ atMs }) => atMs + stopSettleMs));
}

/** Judges the stops that are old enough: which of them did a person want? */
export function judgeStops(
  stack: StackMemory,
  at: { readonly all: AgentMemory; readonly isTargetStopping: boolean; readonly nowMs: Ms },
): { readonly stack: StackMemory; readonly events: readonly StackEvent[] } {
  const { nowMs } = at;
  const due = stack.stops.filter(({ isJudged, atMs }) => !isJudged && atMs + stopSettleMs <= nowMs);
  if (due.length === 0) return { stack, events: [] };
  const view = viewStack(stack, at.all, nowMs);
  const ours = new Set(isOfChange(stack, nowMs) ? stack.services.keys() : []);
  const stopped = new Set(
    due
      .filter((stop) => judgeStop(stop, { view, stops: stack.stops, ours, isTargetStopping: at.isTargetStopping }).isByHand)
      .map(({ service }) => service)
      // Started again meanwhile: then it was a restart in two steps.
      .filter((service) => !isRunning(stack, service) && !stack.ledger.stoppedByHand.has(service)),
  );
  return {
    stack: {
      ...stack,
      stops: stack.stops
        .filter(({ atMs }) => nowMs - atMs <= rememberedMs)
        .map((stop) => (due.includes(stop) ? { ...stop, isJudged: true } : stop)),
    },
    events: [...stopped].map((service) => ({ event: "stoppedByHand", service })),
  };
}

function isRunning(stack: StackMemory, service: ServiceName): boolean {
  const phase = stack.services.get(service)?.health.phase;
  return phase === "up" || phase === "starting";
}
