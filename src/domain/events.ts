import { showDuration } from "./time.ts";
import type { Digest, GenerationNumber, Ms, ServiceName } from "./words.ts";

/**
 * The event table: everything that can happen to a stack, past tense, with what is known about it.
 * One event = one ledger line = one journal line. Priorities are syslog's (3 error, 4 warning, 5 notice, 6 info).
 */
export type EventFields = {
  pending: { readonly generation: GenerationNumber; readonly from: GenerationNumber; readonly verb: string };
  good: { readonly generation: GenerationNumber; readonly proof: string; readonly tookMs: Ms };
  /** The generation is quarantined by its digest. */
  failed: { readonly generation: GenerationNumber; readonly digest: Digest; readonly because: string; readonly service?: ServiceName };
  /** A candidate that never became pending (preflight, rehearsal); quarantined if `digest` is there. */
  refused: { readonly digest: Digest; readonly because: string };
  rolledBack: {
    readonly from: GenerationNumber;
    readonly generation: GenerationNumber;
    readonly healthy: boolean;
    readonly because: string;
    readonly tookMs: Ms;
  };
  released: { readonly digest: Digest; readonly because: string };
  unhealthy: { readonly service: ServiceName; readonly because: string };
  healthy: { readonly service: ServiceName; readonly because: string; readonly tookMs: Ms };
  restarted: { readonly service: ServiceName; readonly because: string; readonly attempt: number };
  breakerOpened: { readonly service: ServiceName; readonly because: string; readonly retryMs: Ms };
  breakerClosed: { readonly service: ServiceName; readonly because: string };
  stoppedByHand: { readonly service: ServiceName };
  /** The word of the person who stopped it no longer counts. */
  startedByHand: { readonly service: ServiceName; readonly because?: string };
  /** Something Phoenix put back: a unit file, the live link, a network. */
  restored: { readonly what: string; readonly because: string };
  interrupted: { readonly generation: GenerationNumber; readonly because: string };
};

export type EventName = keyof EventFields;
export type StackEvent = { readonly [N in EventName]: { readonly event: N } & EventFields[N] }[EventName];

type EventRow<N extends EventName> = { readonly priority: 3 | 4 | 5 | 6; readonly say: (event: EventFields[N]) => string };

export const events: { readonly [N in EventName]: EventRow<N> } = {
  pending: { priority: 5, say: (e) => `${e.verb}: switching from generation ${e.from} to ${e.generation}` },
  good: { priority: 5, say: (e) => `generation ${e.generation} is good (${e.proof}) after ${showDuration(e.tookMs)}` },
  failed: { priority: 3, say: (e) => `generation ${e.generation} failed: ${e.because}` },
  refused: { priority: 4, say: (e) => `refused before anything was touched: ${e.because}` },
  rolledBack: {
    priority: 4,
    say: (e) =>
      `rolled back from generation ${e.from} to ${e.generation} in ${showDuration(e.tookMs)}, ${e.healthy ? "healthy" : "NOT healthy"}: ${e.because}`,
  },
  released: { priority: 5, say: (e) => `quarantine lifted: ${e.because}` },
  unhealthy: { priority: 4, say: (e) => `${e.service} is unhealthy: ${e.because}` },
  healthy: { priority: 5, say: (e) => `${e.service} is healthy again after ${showDuration(e.tookMs)}: ${e.because}` },
  restarted: { priority: 4, say: (e) => `restarted ${e.service} (attempt ${e.attempt}): ${e.because}` },
  breakerOpened: { priority: 3, say: (e) => `gave up on ${e.service} for ${showDuration(e.retryMs)}: ${e.because}` },
  breakerClosed: { priority: 5, say: (e) => `closed the breaker of ${e.service}: ${e.because}` },
  stoppedByHand: { priority: 5, say: (e) => `${e.service} was stopped by hand; it stays stopped` },
  startedByHand: { priority: 6, say: (e) => `${e.service} ${e.because ?? "was started by hand"}` },
  restored: { priority: 4, say: (e) => `restored ${e.what}: ${e.because}` },
  interrupted: { priority: 4, say: (e) => `found an unfinished change to generation ${e.generation}: ${e.because}` },
};

/** The one sentence for people. */
export function sayEvent(event: StackEvent): string {
  const row = events[event.event] as { readonly say: (event: StackEvent) => string };
  return row.say(event);
}

export function priorityOf(event: StackEvent): 3 | 4 | 5 | 6 {
  return events[event.event].priority;
}
