import { showDuration } from "../domain/time.ts";
import type { Ms } from "../domain/words.ts";
import { backoffMs, backoffSteps, type Rng } from "./backoff.ts";
import { closedBreaker, halfOpen, openBreaker } from "./breaker.ts";
import { addRestarts, isSpent } from "./budget.ts";
import { blockerOf, type ServiceIndex } from "./graph.ts";
import { type Need, needOf } from "./need.ts";
import type { HealStance, HealState, ServiceHealing } from "./state.ts";
import { sayRestarts } from "./track.ts";
import type { HealAction, ServiceView } from "./view.ts";

export type HealContext = { readonly index: ServiceIndex; readonly state: HealState; readonly nowMs: Ms; readonly rng: Rng };
export type Decision = { readonly healing: ServiceHealing; readonly actions: readonly HealAction[] };

type RealNeed = Extract<Need, { kind: "restart" | "start" }>;

/** Decides about one service whose facts were taken in already. At most one action that touches it comes out. */
export function decideService(service: ServiceView, tracked: ServiceHealing, context: HealContext): Decision {
  const { healing, actions } = closeIfHealthy(service, tracked, context.nowMs);
  const blocker = blockerOf(service, context.index, context.state);
  const need = needOf(service, healing);
  if (blocker !== undefined) {
    const isFine = need.kind === "none" && need.stance === "fine";
    const because = isFine ? need.because : `${blocker.service} is down: ${blocker.health.because}`;
    return rest({ ...healing, blockedBy: blocker.service }, isFine ? "fine" : "left-alone", because, actions);
  }
  const freed: ServiceHealing = { ...healing, blockedBy: undefined };
  const back = healing.blockedBy;
  if (need.kind === "none")
    return decideIdle(service, back === undefined ? freed : freeBreaker(freed, back, context.nowMs), need, context, actions);
  if (back === undefined) return decideNeed(service, freed, need, context);
  const half = freeBreaker(freed, back, context.nowMs);
  if (need.kind === "start") return decideNeed(service, half, need, context);
  // Held since the dependency failed: most services reconnect by themselves, and are then spared a restart.
  const because = `${back} is back`;
  return rest(half, "waiting", because, [{ kind: "recheck", service: service.service, because }]);
}

function freeBreaker(healing: ServiceHealing, back: string, nowMs: Ms): ServiceHealing {
  const { breaker } = healing;
  return breaker.state === "open" ? { ...healing, breaker: halfOpen(breaker, nowMs, `${back} is back`) } : healing;
}

function closeIfHealthy(service: ServiceView, healing: ServiceHealing, nowMs: Ms): Decision {
  const { breaker, healthySinceMs } = healing;
  const { minHealthyMs } = service.policy;
  if (breaker.state === "closed" || healthySinceMs === undefined || nowMs - healthySinceMs < minHealthyMs) return { healing, actions: [] };
  const because = `healthy for ${showDuration(nowMs - healthySinceMs)}`;
  return { healing: { ...healing, breaker: closedBreaker }, actions: [{ kind: "close-breaker", service: service.service, because }] };
}

/** Nothing to do for us; but a loop that systemd drives spends the budget too. */
function decideIdle(
  service: ServiceView,
  healing: ServiceHealing,
  need: Extract<Need, { kind: "none" }>,
  context: HealContext,
  actions: readonly HealAction[],
): Decision {
  const { breaker } = healing;
  if (service.health.phase === "restarting" && need.stance === "systemd") {
    const since = breaker.state === "half-open" ? breaker.sinceMs : undefined;
    const failedAgain = since !== undefined && healing.restarts.some((atMs) => atMs > since);
    const isOverspent = breaker.state === "closed" && isSpent(healing.restarts, service.policy.restartBudget, context.nowMs);
    if (failedAgain || isOverspent) return giveUp(service, healing, service.health.because, context);
  }
  if (breaker.state === "open" && service.health.outcome !== "healthy") {
    if (context.nowMs < breaker.retryAtMs) return rest(healing, "given-up", breaker.because, actions);
    return rest({ ...healing, breaker: halfOpen(breaker, context.nowMs, "time to try again") }, need.stance, need.because, actions);
  }
  return rest(healing, need.stance, need.because, actions);
}

function decideNeed(service: ServiceView, healing: ServiceHealing, need: RealNeed, context: HealContext): Decision {
  const { nowMs, rng } = context;
  const { breaker } = healing;
  const gone = [...service.missingNetworks, ...service.missingVolumes][0];
  if (gone !== undefined) return rest(healing, "waiting", `${gone.name} is gone`, []);
  if (breaker.state === "open") {
    if (nowMs < breaker.retryAtMs) return rest(healing, "given-up", breaker.because, []);
    return act(service, { ...healing, breaker: halfOpen(breaker, nowMs, "time to try again") }, need, nowMs);
  }
  if (breaker.state === "half-open") {
    if (breaker.triedAtMs === undefined) return act(service, healing, need, nowMs);
    // The try may still be under way.
    if (nowMs < breaker.triedAtMs + backoffSteps.firstMs) return rest(healing, "waiting", need.because, []);
    return giveUp(service, healing, need.because, context);
  }
  if (isSpent(healing.restarts, service.policy.restartBudget, nowMs)) return giveUp(service, healing, need.because, context);
  const notBeforeMs = healing.notBeforeMs ?? nowMs + Math.max(need.settleMs, backoffMs(healing.attempts, rng));
  if (nowMs >= notBeforeMs) return act(service, healing, need, nowMs);
  return { healing: { ...healing, notBeforeMs, stance: "waiting", because: need.because }, actions: [] };
}

function act(service: ServiceView, healing: ServiceHealing, need: RealNeed, nowMs: Ms): Decision {
  const { service: name, policy } = service;
  const { breaker } = healing;
  const attempt = healing.attempts + 1;
  const because = breaker.state === "closed" ? need.because : `${need.because}; ${breaker.because}`;
  const acted: ServiceHealing = {
    ...healing,
    attempts: attempt,
    restarts: addRestarts(healing.restarts, 1, nowMs),
    breaker: breaker.state === "half-open" ? { ...breaker, triedAtMs: nowMs } : breaker,
  };
  const action: HealAction =
    need.kind === "restart"
      ? { kind: "restart", service: name, because, graceMs: policy.graceMs, attempt }
      : { kind: "start", service: name, because, attempt };
  return rest(acted, "acting", because, [action]);
}

function giveUp(service: ServiceView, healing: ServiceHealing, reason: string, { nowMs, rng }: HealContext): Decision {
  const because = healing.restarts.length === 0 ? reason : `${sayRestarts(healing.restarts, nowMs)}, last: ${reason}`;
  const breaker = openBreaker(healing.breaker, { nowMs, windowMs: service.policy.restartBudget.windowMs, because, rng });
  const retryMs = breaker.retryAtMs - nowMs;
  return rest({ ...healing, breaker }, "given-up", because, [{ kind: "open-breaker", service: service.service, because, retryMs }]);
}

function rest(healing: ServiceHealing, stance: HealStance, because: string, actions: readonly HealAction[]): Decision {
  return { healing: { ...healing, stance, because, notBeforeMs: undefined }, actions };
}
