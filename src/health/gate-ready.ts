import type { UnitState } from "../domain/observed.ts";
import { reaches } from "../domain/reach.ts";
import type { Ms, ServiceName } from "../domain/words.ts";
import type { GateState, GateSubject, SubjectFacts } from "./gate-facts.ts";
import { phaseOf } from "./unit.ts";

/** True for the run that the change is about to replace: what it says proves nothing about the new one. */
export function isReplacedRun(subject: GateSubject, invocation: string): boolean {
  if (subject.role !== "affected" || invocation !== subject.before.invocation) return false;
  // Starting a unit that runs already leaves its run alone.
  return subject.job === "restart" || (subject.job === "start" && phaseOf(subject.before) !== "up");
}

/** Down, and neither systemd nor anybody else is about to start it. A oneshot that ended with success is not dead but done. */
export function isDead(subject: GateSubject, unit: UnitState): boolean {
  const phase = phaseOf(unit);
  if (phase === "ended" && subject.oneshot && unit.result === "success") return false;
  return phase === "ended" || phase === "failed" || phase === "idle" || phase === "missing";
}

/** Since when a subject does its work without a break; undefined = it does not. */
export function readySince({ subject, health, firstReadyAtMs, startedAtMs }: SubjectFacts): Ms | undefined {
  if (isReplacedRun(subject, health.invocation)) return undefined;
  if (!subject.oneshot) return health.readySinceMs;
  const isDone = health.phase === "up" || (health.phase === "ended" && health.unit?.result === "success");
  return isDone ? (firstReadyAtMs ?? startedAtMs ?? health.sinceMs) : undefined;
}

/** The subject's dependencies inside the gate, itself and services that need it in turn left out. */
export function dependenciesOf(state: GateState, subject: GateSubject): readonly SubjectFacts[] {
  return subject.after.flatMap((name) => {
    const facts = state.facts.get(name);
    return facts === undefined || needs(state, name, subject.service) ? [] : [facts];
  });
}

/** Since when all dependencies are ready: minus infinity without any, undefined while one is not. */
export function dependenciesReadySince(state: GateState, subject: GateSubject): Ms | undefined {
  return dependenciesOf(state, subject).reduce<Ms | undefined>((latest, facts) => {
    const since = readySince(facts);
    return latest === undefined || since === undefined ? undefined : Math.max(latest, since);
  }, Number.NEGATIVE_INFINITY);
}

/** Whether `from` starts after `to`, directly or not. */
function needs(state: GateState, from: ServiceName, to: ServiceName): boolean {
  return reaches(from, to, (name) => state.facts.get(name)?.subject.after ?? []);
}
