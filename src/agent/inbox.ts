import type { NetworkFact, VolumeFact } from "../domain/observed.ts";
import type { ProbeResult } from "../domain/policy.ts";
import type { Ms, StackName } from "../domain/words.ts";
import type { UnitChange } from "../ports/machine.ts";
import type { Ask } from "./due.ts";

/** What the loop may hear. */
export type News =
  | { readonly kind: "change"; readonly change: UnitChange; readonly atMs: Ms }
  | { readonly kind: "ledger"; readonly stack: StackName }
  | { readonly kind: "answer"; readonly ask: Ask; readonly result: ProbeResult; readonly atMs: Ms }
  | { readonly kind: "objects"; readonly networks: readonly NetworkFact[]; readonly volumes: readonly VolumeFact[]; readonly askedAtMs: Ms }
  | { readonly kind: "task-done"; readonly stack: StackName; readonly task: string; readonly failed: boolean }
  /** Only to end a sleep. */
  | { readonly kind: "wake" }
  /** Somebody wants everything looked at; told when that is done. */
  | { readonly kind: "reconcile"; readonly done: () => void };

export type Inbox = {
  /** `isQuiet`: it can wait until something else ends the sleep. */
  readonly put: (news: News, isQuiet?: boolean) => void;
  /** Everything since the last time, oldest first. */
  readonly take: () => readonly News[];
  /** Aborted as soon as there is something; sleep on it. */
  readonly signal: () => AbortSignal;
};

/** News for the loop, kept until it has time. */
export function openInbox(): Inbox {
  let waiting: News[] = [];
  let wake = new AbortController();
  return {
    put: (news, isQuiet = false) => {
      waiting.push(news);
      // With a reason of its own no error is made for it.
      if (!isQuiet) wake.abort("news");
    },
    take: () => {
      const taken = waiting;
      waiting = [];
      if (wake.signal.aborted) wake = new AbortController();
      return taken;
    },
    signal: () => wake.signal,
  };
}
