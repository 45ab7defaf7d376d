import type { UnitState } from "../domain/observed.ts";
import type { PublishedPort } from "../domain/policy.ts";
import type { Ms, ServiceName } from "../domain/words.ts";
import { countExits, noExits } from "./gate-exits.ts";
import type { GateObservation, GateState, GateSubject, SubjectFacts } from "./gate-facts.ts";
import { dependenciesReadySince, isDead, isReplacedRun } from "./gate-ready.ts";
import { countResult, emptyRun } from "./run.ts";
import { type HealthObservation, initialHealth, observe } from "./service.ts";

/** Begins a gate. Call it before the first job, so that every exit is seen. */
export function gateStart(subjects: readonly GateSubject[], nowMs: Ms): GateState {
  const facts = subjects.map((subject): [ServiceName, SubjectFacts] => {
    const { health } = observe(initialHealth(nowMs), { kind: "unit", atMs: nowMs, unit: subject.before }, subject.policy);
    const isRunDead = isDead(subject, subject.before);
    const start = {
      subject,
      health,
      jobStartedAtMs: undefined,
      jobResult: undefined,
      startedAtMs: undefined,
      exits: noExits(subject.before, nowMs),
      firstReadyAtMs: isReplacedRun(subject, health.invocation) ? undefined : health.readySinceMs,
      deadSinceMs: isRunDead ? nowMs : undefined,
      ports: new Map(),
    };
    return [subject.service, start];
  });
  return { startedAtMs: nowMs, facts: new Map(facts) };
}

/** Folds one observation into the gate; one about a service that is no subject changes nothing. */
export function gateObserve(state: GateState, observation: GateObservation): GateState {
  const facts = state.facts.get(observation.service);
  if (facts === undefined) return state;
  const next = seeFact(state, facts, observation);
  return { ...state, facts: new Map([...state.facts, [observation.service, next]]) };
}

function seeFact(state: GateState, facts: SubjectFacts, seen: GateObservation): SubjectFacts {
  switch (seen.kind) {
    case "unit":
      return seeUnit(state, facts, seen.unit, seen.atMs);
    case "job-started":
      return { ...facts, jobStartedAtMs: seen.atMs, jobResult: undefined };
    case "job":
      return { ...facts, jobResult: seen.result };
    case "probe":
      return seeHealth(facts, seen);
    case "port":
      return seen.invocation === facts.health.invocation ? seePort(facts, seen) : facts;
  }
}

function seeUnit(state: GateState, earlier: SubjectFacts, unit: UnitState, atMs: Ms): SubjectFacts {
  const facts = { ...earlier, subject: untilItsJob(earlier, unit) };
  const { subject } = facts;
  const isReplaced = isReplacedRun(subject, unit.invocation);
  const exits = countExits(facts.exits, unit, {
    atMs,
    isReplacedRun: isReplaced,
    wasReady: facts.firstReadyAtMs !== undefined && !isReplacedRun(subject, facts.health.invocation),
    jobStartedAtMs: facts.jobStartedAtMs,
    oneshot: subject.oneshot,
    isEndAnExit: subject.role === "affected",
    dependenciesReadySinceMs: dependenciesReadySince(state, subject),
  });
  const isNew = unit.invocation !== facts.health.invocation;
  const isRun = !isReplaced && unit.invocation !== "" && unit.invocation !== subject.before.invocation;
  const looked = {
    ...facts,
    exits,
    startedAtMs: facts.startedAtMs ?? (isRun ? atMs : undefined),
    deadSinceMs: isDead(subject, unit) ? (facts.deadSinceMs ?? atMs) : undefined,
    ports: isNew ? new Map() : facts.ports,
  };
  return seeHealth(looked, { kind: "unit", atMs, unit });
}

/** A crash loop goes on until our job: whatever run is seen before it is the one that the change replaces. */
function untilItsJob({ subject, jobStartedAtMs }: SubjectFacts, unit: UnitState): GateSubject {
  return subject.role === "affected" && subject.job === "restart" && jobStartedAtMs === undefined ? { ...subject, before: unit } : subject;
}

function seeHealth(facts: SubjectFacts, seen: HealthObservation): SubjectFacts {
  const { health } = observe(facts.health, seen, facts.subject.policy);
  const isReplaced = isReplacedRun(facts.subject, health.invocation);
  return { ...facts, health, firstReadyAtMs: isReplaced ? undefined : (facts.firstReadyAtMs ?? health.readySinceMs) };
}

function seePort(facts: SubjectFacts, seen: Extract<GateObservation, { kind: "port" }>): SubjectFacts {
  const name = portName(seen.port);
  return { ...facts, ports: new Map([...facts.ports, [name, countResult(facts.ports.get(name) ?? emptyRun, seen.result, seen.atMs)]]) };
}

/** `127.0.0.1:8080`. */
export function portName(port: PublishedPort): string {
  return `${port.hostAddress === "" ? "*" : port.hostAddress}:${port.hostPort}`;
}
