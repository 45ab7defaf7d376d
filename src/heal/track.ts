import { showDuration } from "../domain/time.ts";
import type { Ms } from "../domain/words.ts";
import type { UnitPhase } from "../health/unit.ts";
import { backoffSteps } from "./backoff.ts";
import { addRestarts, withinWindow } from "./budget.ts";
import { blockerOf, isUsable, type ServiceIndex } from "./graph.ts";
import type { HealState, ServiceHealing } from "./state.ts";
import type { ServiceView } from "./view.ts";

/** How long before or after its own end a required service may be down to be the cause of it. */
const strandedMs = 30_000;

const down: ReadonlySet<UnitPhase | undefined> = new Set(["ended", "failed", "idle"]);

/** Takes in what was seen of a service, whatever may be done about it. */
export function trackService(
  service: ServiceView,
  healing: ServiceHealing,
  { index, state, nowMs }: { readonly index: ServiceIndex; readonly state: HealState; readonly nowMs: Ms },
): ServiceHealing {
  const { health, policy } = service;
  const { unit, phase } = health;
  const seenRestarts = unit?.restarts ?? healing.seenRestarts;
  // Restarts while a dependency is down say nothing about this service.
  const isExcused = healing.blockedBy !== undefined || blockerOf(service, index, state) !== undefined;
  const more = isExcused ? 0 : risen(healing.seenRestarts, seenRestarts);
  const restarts = withinWindow(addRestarts(healing.restarts, more, nowMs), policy.restartBudget, nowMs);
  const healthySinceMs = health.outcome === "healthy" ? (healing.healthySinceMs ?? nowMs) : undefined;
  const isForgiven = healthySinceMs !== undefined && nowMs - healthySinceMs >= backoffSteps.resetMs;
  const downSinceMs = down.has(phase) ? (healing.downSinceMs ?? nowMs) : undefined;
  const tracked = {
    ...healing,
    seenRestarts,
    seenPhase: phase,
    restarts,
    healthySinceMs,
    attempts: isForgiven ? 0 : healing.attempts,
    downSinceMs,
    strandedBy:
      downSinceMs === undefined ? undefined : (healing.strandedBy ?? strandedBy(service, healing, { index, state, nowMs, downSinceMs })),
  };
  return { ...tracked, isLooping: isLooping(tracked, nowMs) };
}

/** How often systemd restarted it since the last look. A start by anybody else sets NRestarts back to zero. */
function risen(before: number | undefined, now: number | undefined): number {
  if (before === undefined || now === undefined) return 0;
  return now >= before ? now - before : now;
}

function strandedBy(
  service: ServiceView,
  { blockedBy }: ServiceHealing,
  at: { readonly index: ServiceIndex; readonly state: HealState; readonly nowMs: Ms; readonly downSinceMs: Ms },
): string | undefined {
  // What never ran or is down for long is not down because of this.
  if (service.health.phase === "idle" || at.nowMs - at.downSinceMs > strandedMs) return undefined;
  return service.requires.find((name) => {
    const other = at.index.get(name);
    // `blockedBy` is of the last look: by now the dependency may be back.
    return name === blockedBy || (other !== undefined && !isUsable(other, at.state));
  });
}

/** Within this time, or at the latest with this many restarts, a crash loop is called one. */
const loop = { restarts: 3, withinMs: 60_000 } as const;

/** A loop is told by restarts, never by ActiveState: with Restart=always it never reads `failed`. */
function isLooping({ restarts, healthySinceMs }: ServiceHealing, nowMs: Ms): boolean {
  const [first] = restarts;
  if (first === undefined) return false;
  if (healthySinceMs !== undefined && nowMs - healthySinceMs >= loop.withinMs) return false;
  const recent = restarts.filter((atMs) => nowMs - atMs <= loop.withinMs).length;
  return recent >= loop.restarts || (restarts.length >= 2 && healthySinceMs === undefined && nowMs - first >= loop.withinMs);
}

/** `4 restarts in 12 s`. */
export function sayRestarts(restarts: readonly Ms[], nowMs: Ms): string {
  const spanMs = nowMs - (restarts[0] ?? nowMs);
  return `${restarts.length} ${restarts.length === 1 ? "restart" : "restarts"} in ${showDuration(spanMs)}`;
}
