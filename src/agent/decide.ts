import type { StackEvent } from "../domain/events.ts";
import type { Ms } from "../domain/words.ts";
import type { Rng } from "../heal/backoff.ts";
import { decideHealing, type HealChange } from "../heal/decide.ts";
import type { HealAction } from "../heal/view.ts";
import { closesAt, followIncident } from "./incident.ts";
import { type AgentMemory, type StackMemory, withService } from "./memory.ts";
import { isChanging, type Seen, see } from "./see.ts";
import { nextJudgementMs } from "./stops.ts";
import { probationEnd, viewStack } from "./view.ts";

/** Something worth a line in the journal that is no event of the ledger. */
export type Note = { readonly priority: 4 | 5 | 6; readonly message: string; readonly service: string };

export type StackDecision = {
  readonly stack: StackMemory;
  readonly events: readonly StackEvent[];
  readonly notes: readonly Note[];
  /** What needs the lane. */
  readonly actions: readonly HealAction[];
};

/** Decides about a stack and takes in at once what needs no lane: breakers and second chances. */
export function decideStack(stack: StackMemory, all: AgentMemory, nowMs: Ms, rng: Rng): StackDecision {
  const { actions, state, changes, nextLookMs } = decideHealing(viewStack(stack, all, nowMs), stack.healing, nowMs, rng);
  const settled = settleIncidents({ ...stack, healing: state }, nowMs);
  let next = settled.stack;
  const events: StackEvent[] = [...settled.events];
  const laned: HealAction[] = [];
  for (const action of actions) {
    if (action.kind === "open-breaker")
      events.push({ event: "breakerOpened", service: action.service, because: action.because, retryMs: action.retryMs });
    else if (action.kind === "close-breaker") events.push({ event: "breakerClosed", service: action.service, because: action.because });
    else if (action.kind === "recheck") {
      const seen = see(next, action.service, { kind: "recheck", atMs: nowMs });
      next = seen.stack;
      events.push(...seen.events);
    } else laned.push(action);
  }
  const nextDecisionMs = Math.min(nextLookMs, nextJudgementMs(next), nextClosing(next, nowMs), probationEnd(next, nowMs));
  return { stack: { ...next, nextDecisionMs }, events, notes: changes.flatMap((change) => noteOf(change, next)), actions: laned };
}

/** An incident may end by time alone, and what was not told while we were healing may have stayed. */
function settleIncidents(stack: StackMemory, nowMs: Ms): Seen {
  if (isChanging(stack)) return { stack, events: [] };
  const events: StackEvent[] = [];
  let next = stack;
  for (const service of stack.services.values()) {
    if (stack.ledger.stoppedByHand.has(service.unit.service)) continue;
    const followed = followIncident(service, service.health, nowMs);
    if (followed.events.length === 0) continue;
    events.push(...followed.events);
    next = withService(next, { ...service, incident: followed.incident });
  }
  return { stack: next, events };
}

function nextClosing(stack: StackMemory, nowMs: Ms): Ms {
  const times = [...stack.services.values()].flatMap((service) =>
    service.incident === undefined ? [] : closesAt(service, service.health),
  );
  return Math.min(...times.filter((atMs) => atMs > nowMs));
}

function noteOf(change: HealChange, stack: StackMemory): readonly Note[] {
  const { service } = change;
  if (change.kind === "crash-loop") return [{ priority: 4, service, message: `${service} is in a crash loop: ${change.because}` }];
  if (change.kind === "crash-loop-ended") return [{ priority: 5, service, message: `${service} left its crash loop: ${change.because}` }];
  const memory = stack.services.get(service);
  const isOver = change.stance === "left-alone" && memory?.health.phase === "ended" && !stack.ledger.stoppedByHand.has(service);
  const isStopJob = stack.stops.some((stop) => stop.service === service);
  return isOver && !isStopJob ? [{ priority: 5, service, message: `${service} is left alone: ${change.because}` }] : [];
}
