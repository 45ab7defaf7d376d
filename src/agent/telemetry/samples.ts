import type { ProbeOutcome } from "../../domain/policy.ts";
import type { Ms, ServiceName } from "../../domain/words.ts";
import { rolesOfSameProbe } from "../../health/roles.ts";
import type { UnitPhase } from "../../health/unit.ts";
import type { Heard } from "../heard.ts";
import { type AgentMemory, findService, type ServiceMemory } from "../memory.ts";
import type { Sample } from "./item.ts";

/** What one turn of the loop found out. */
export type Observation = {
  readonly memory: AgentMemory;
  readonly answers: Heard["answers"];
  /** Units that were just looked at. */
  readonly looked: readonly ServiceName[];
};

/** The same moment on both clocks, and how often every unit is looked at. */
export type Moment = { readonly now: number; readonly nowMs: Ms; readonly relistMs: Ms };

/** What a turn tells about services: each answer to a question, and systemd's word where no question is asked. */
export function samplesOf({ memory, answers, looked }: Observation, at: Moment): readonly Sample[] {
  const asked = answers.flatMap(({ ask, result, atMs }): readonly Sample[] => {
    const service = findService(memory, ask.service)?.services.get(ask.service);
    // When it was asked: an answer may have waited for the loop, and a question that timed out took its time.
    const askedAt = Math.round(at.now - (at.nowMs - atMs) - result.latencyMs);
    if (service === undefined || isSecondOpinion(ask, service) || !Number.isFinite(askedAt)) return [];
    const about = { kind: "sample", stack: ask.stack, service: ask.service, probe: ask.probe.kind } as const;
    const latencyMs = result.outcome === "error" ? null : result.latencyMs;
    return [{ ...about, at: askedAt, outcome: result.outcome, latencyMs, periodMs: service.policy.periodMs }];
  });
  return [...asked, ...looked.flatMap((name) => unitSample(memory, name, at))];
}

/**
 * A liveness answer of the kind that readiness has too, to another question. Both have one series, and `/live` saying yes in between
 * would hide that `/ready` says no; what counts for whoever uses the service is readiness.
 */
function isSecondOpinion(ask: Heard["answers"][number]["ask"], { policy }: ServiceMemory): boolean {
  const isLivenessOnly = ask.roles.every((role) => role === "liveness");
  return isLivenessOnly && policy.readiness.kind === ask.probe.kind && !rolesOfSameProbe(policy, "liveness").includes("readiness");
}

/** What a phase says about a service that nobody can ask. The others say nothing: it is on its way, or nobody said that it should run. */
const outcomes: Partial<Record<UnitPhase, ProbeOutcome>> = { up: "success", restarting: "failure", failed: "failure", missing: "failure" };

function unitSample(memory: AgentMemory, name: ServiceName, at: Moment): readonly Sample[] {
  const stack = findService(memory, name);
  const service = stack?.services.get(name);
  if (stack === undefined || service === undefined || stack.ledger.stoppedByHand.has(name)) return [];
  const { policy, health } = service;
  const outcome = health.phase === undefined ? undefined : outcomes[health.phase];
  if (outcome === undefined || policy.readiness.kind !== "unit" || policy.liveness.kind !== "unit") return [];
  return [
    { kind: "sample", stack: stack.stack, service: name, at: at.now, probe: "unit", outcome, latencyMs: null, periodMs: at.relistMs },
  ];
}
