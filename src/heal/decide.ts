import type { Ms, ServiceName } from "../domain/words.ts";
import { backoffSteps, type Rng } from "./backoff.ts";
import type { Breaker } from "./breaker.ts";
import { indexServices } from "./graph.ts";
import { decideObjects } from "./objects.ts";
import { type Decision, decideService } from "./one.ts";
import { type HealStance, type HealState, initialHealState, newHealing, type ServiceHealing } from "./state.ts";
import { sayRestarts, trackService } from "./track.ts";
import type { HealAction, StackView } from "./view.ts";

/**
 * Decides what to do about a stack. Invariants: systemd restarts what crashes, this heals what systemd cannot see; a service whose
 * dependency is down is left alone; nothing happens while somebody holds the lane; no service is restarted more often than its budget
 * allows, but for the single try of a breaker that half-opens because a dependency is back.
 */

/** Something changed in what healing thinks of a service. */
export type HealChange =
  | { readonly kind: "stance"; readonly service: ServiceName; readonly stance: HealStance; readonly because: string }
  | { readonly kind: "crash-loop"; readonly service: ServiceName; readonly because: string }
  | { readonly kind: "crash-loop-ended"; readonly service: ServiceName; readonly because: string };

export type Healing = {
  /** In the order in which they should be carried out. */
  readonly actions: readonly HealAction[];
  readonly state: HealState;
  readonly changes: readonly HealChange[];
  /** When the answer may change without any news, monotonic; infinity = only with news. */
  readonly nextLookMs: Ms;
};

/** The answer for one moment. Feed the state back in the next time, whether or not the actions succeeded. */
export function decideHealing(view: StackView, before: HealState, nowMs: Ms, rng: Rng): Healing {
  const state = before.generation === view.generation ? before : initialHealState(view.generation, [], nowMs);
  const index = indexServices(view);
  const tracked = new Map(
    view.services.map((service): [ServiceName, ServiceHealing] => {
      const healing = state.services.get(service.service) ?? newHealing;
      return [service.service, trackService(service, healing, { index, state, nowMs })];
    }),
  );
  const now: HealState = { ...state, services: tracked };
  const reason = whyNot(view);
  if (reason !== undefined) return finish(view, before, leaveAlone(now, reason), [], nowMs);
  const objects = decideObjects(view, { index, state: now, nowMs, rng });
  const decisions = view.services.map((service): [ServiceName, Decision] => {
    const healing = tracked.get(service.service) ?? newHealing;
    return [service.service, decideService(service, healing, { index, state: now, nowMs, rng })];
  });
  const services = new Map(decisions.map(([name, decision]) => [name, decision.healing]));
  const actions = [...objects.actions, ...decisions.flatMap(([, decision]) => decision.actions)];
  const rollback = rollbackFor(view, now, actions);
  const next: HealState = { ...now, services, objects: objects.objects, hasRolledBack: now.hasRolledBack || rollback !== undefined };
  // What the rollback replaces need not be healed first.
  const kept = rollback === undefined ? actions : [...actions.filter((action) => action.kind === "open-breaker"), rollback];
  return finish(view, before, next, inOrder(kept), nowMs);
}

function whyNot(view: StackView): string | undefined {
  if (view.laneHolder !== undefined) return `a change is running: ${view.laneHolder}`;
  return view.paused ? "healing is paused" : undefined;
}

function leaveAlone(state: HealState, because: string): HealState {
  const services = [...state.services].map(([name, healing]): [ServiceName, ServiceHealing] => [
    name,
    { ...healing, stance: "left-alone", because, notBeforeMs: undefined },
  ]);
  return { ...state, services: new Map(services) };
}

/** In probation a breaker that opens on what this generation changed speaks against the generation. */
function rollbackFor(view: StackView, state: HealState, actions: readonly HealAction[]): HealAction | undefined {
  if (!view.inProbation || state.hasRolledBack) return undefined;
  const guilty = new Set(view.services.filter(({ changed, policy }) => changed && policy.rollback).map(({ service }) => service));
  const opened = actions.find((action) => action.kind === "open-breaker" && guilty.has(action.service));
  if (opened?.kind !== "open-breaker") return undefined;
  return { kind: "rollback", service: opened.service, because: `${opened.service}, changed by this generation: ${opened.because}` };
}

const order: Readonly<Record<HealAction["kind"], number>> = {
  "restore-unit-files": 0,
  "recreate-network": 1,
  "recreate-volume": 2,
  "close-breaker": 3,
  "open-breaker": 4,
  rollback: 5,
  recheck: 6,
  start: 7,
  restart: 8,
};

function inOrder(actions: readonly HealAction[]): readonly HealAction[] {
  return actions.toSorted((one, other) => order[one.kind] - order[other.kind]);
}

function finish(view: StackView, before: HealState, state: HealState, actions: readonly HealAction[], nowMs: Ms): Healing {
  const changes = view.services.flatMap(({ service }) => {
    const now = state.services.get(service);
    return now === undefined ? [] : changesOf(service, before.services.get(service) ?? newHealing, now, nowMs);
  });
  return { actions, state, changes, nextLookMs: nextLook(view, state, nowMs) };
}

function changesOf(service: ServiceName, was: ServiceHealing, is: ServiceHealing, nowMs: Ms): readonly HealChange[] {
  const changes: HealChange[] = [];
  if (was.stance !== is.stance) changes.push({ kind: "stance", service, stance: is.stance, because: is.because });
  if (!was.isLooping && is.isLooping) changes.push({ kind: "crash-loop", service, because: sayRestarts(is.restarts, nowMs) });
  if (was.isLooping && !is.isLooping) changes.push({ kind: "crash-loop-ended", service, because: is.because });
  return changes;
}

function nextLook(view: StackView, state: HealState, nowMs: Ms): Ms {
  const times = view.services.flatMap(({ service, policy }) => {
    const healing = state.services.get(service);
    if (healing === undefined) return [];
    const { breaker, notBeforeMs, healthySinceMs } = healing;
    const closesMs = breaker.state !== "closed" && healthySinceMs !== undefined ? healthySinceMs + policy.minHealthyMs : undefined;
    return [notBeforeMs, breakerLook(breaker), closesMs];
  });
  const tries = [...state.objects.values()].map((one) => one.notBeforeMs);
  return Math.min(...[...times, ...tries].filter((atMs) => atMs !== undefined && atMs > nowMs).map(Number));
}

function breakerLook(breaker: Breaker): Ms | undefined {
  if (breaker.state === "open") return breaker.retryAtMs;
  return breaker.state === "half-open" && breaker.triedAtMs !== undefined ? breaker.triedAtMs + backoffSteps.firstMs : undefined;
}
