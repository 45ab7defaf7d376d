import type { Policy, Probe, PublishedPort } from "../domain/policy.ts";
import type { Ms } from "../domain/words.ts";
import type { GateQuestion, GateState, SubjectFacts } from "./gate-facts.ts";
import { portName } from "./gate-fold.ts";
import { isReplacedRun, readySince } from "./gate-ready.ts";
import { windowEnd } from "./gate-subject.ts";
import { emptyRun } from "./run.ts";
import { type DueProbe, nextProbes } from "./schedule.ts";

/** Gaps of the questions that only the gate asks. */
const quickMs = 100;
const slowestMs = 1000;

/** What to ask next, per service, each with its time. */
export function gateQuestions(state: GateState, nowMs: Ms): readonly GateQuestion[] {
  return [...state.facts.values()].flatMap((facts) => {
    const { subject, health } = facts;
    if (health.phase !== "up" || isReplacedRun(subject, health.invocation) || subject.oneshot) return [];
    const about = { service: subject.service, invocation: health.invocation };
    const regular = nextProbes(health, subject.policy, nowMs, 0);
    const probes = [...regular, ...lastProbe(state, facts, regular, nowMs)];
    return [...probes.map((due) => ({ kind: "probe" as const, ...about, ...due })), ...portQuestions(facts, nowMs)];
  });
}

/** The probe at the end of MinHealthy, asked beside the regular ones; it counts for readiness only. */
function lastProbe(state: GateState, facts: SubjectFacts, regular: readonly DueProbe[], nowMs: Ms): readonly DueProbe[] {
  const { policy } = facts.subject;
  const sinceMs = readySince(facts);
  if (sinceMs === undefined || policy.readiness.kind === "unit") return [];
  const endMs = windowEnd(state, facts, sinceMs);
  const { askedAtMs = 0, succeededAtMs = 0 } = facts.health.runs.readiness;
  if (succeededAtMs >= endMs) return [];
  const atMs = askedAtMs < endMs ? endMs : askedAtMs + Math.min(slowestMs, policy.periodMs);
  // In the usual case MinHealthy equals the period, and the regular probe is the one.
  const isCovered = regular.some((due) => due.roles.includes("readiness") && due.atMs >= endMs && due.atMs <= atMs + quickMs);
  if (isCovered) return [];
  return [{ probe: policy.readiness, roles: ["readiness"], atMs: Math.max(nowMs, atMs) }];
}

function portQuestions({ subject, health, ports }: SubjectFacts, nowMs: Ms): readonly GateQuestion[] {
  if (health.readiness !== "pass") return [];
  return subject.ports.flatMap((port) => {
    const { asks, askedAtMs, successes } = ports.get(portName(port)) ?? emptyRun;
    if (port.protocol !== "tcp" || successes > 0) return [];
    const atMs = askedAtMs === undefined ? nowMs : Math.max(nowMs, askedAtMs + Math.min(quickMs * 2 ** Math.min(asks, 30), slowestMs));
    return [portQuestion(subject, port, health.invocation, atMs)];
  });
}

/** How a published port is asked: by the http probe that fits it, else by a connection. */
export function portQuestion(
  subject: Pick<SubjectFacts["subject"], "service" | "policy">,
  port: PublishedPort,
  invocation: string,
  atMs: Ms,
): Extract<GateQuestion, { readonly kind: "port" }> {
  return {
    kind: "port",
    service: subject.service,
    invocation,
    port,
    address: hostAddress(port),
    probe: throughHost(subject.policy, port),
    atMs,
  };
}

const anyAddress: Readonly<Record<string, string>> = { "": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1", "[::]": "::1" };

function hostAddress(port: PublishedPort): string {
  return anyAddress[port.hostAddress] ?? port.hostAddress;
}

/** The http probe of that container port, repeated through the host port: the port proxy accepts for a dead container. */
function throughHost(policy: Policy, port: PublishedPort): Probe | undefined {
  const fitting = [policy.readiness, policy.liveness, policy.startup].find(
    (probe) => probe.kind === "http" && probe.host === undefined && probe.port === port.containerPort,
  );
  return fitting?.kind === "http" ? { ...fitting, host: hostAddress(port), port: port.hostPort } : undefined;
}
