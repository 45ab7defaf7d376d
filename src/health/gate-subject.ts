import { showDuration } from "../domain/time.ts";
import type { Ms, ServiceName } from "../domain/words.ts";
import type { GateState, SubjectFacts } from "./gate-facts.ts";
import { portName } from "./gate-fold.ts";
import { dependenciesOf, dependenciesReadySince, isReplacedRun, readySince } from "./gate-ready.ts";
import { phaseOf, sayExit } from "./unit.ts";

/** What the gate thinks of one subject. */
export type SubjectVerdict = {
  readonly verdict: "waiting" | "passed" | "failed";
  readonly because: string;
  readonly nextLookMs: Ms;
  /** It went down with a dependency that is back, and nobody starts it. */
  readonly isStranded: boolean;
};

const never = Number.POSITIVE_INFINITY;

/**
 * Exits before the first readiness that settle the matter. Fewer where a run is replaced: each exit takes what requires the service down
 * once more, and there is something that works to go back to.
 */
const hopelessExits = { first: 3, replacing: 2 } as const;

/** A dead unit is believed after this long: between the two halves of a restart it looks dead for a moment. */
const deadMs = 1000;

/** Judges one subject of the gate. */
export function judgeSubject(state: GateState, facts: SubjectFacts, nowMs: Ms): SubjectVerdict {
  const failure = certainFailure(facts);
  if (failure !== undefined) return failed(failure);
  if (facts.deadSinceMs !== undefined && !isReplacedRun(facts.subject, facts.health.invocation)) return judgeDead(state, facts, nowMs);
  const readySinceMs = readySince(facts);
  const missing = readySinceMs === undefined ? facts.health.because : (missingJob(facts) ?? missingPort(facts));
  if (readySinceMs === undefined || missing !== undefined) return judgeLate(state, facts, missing ?? "", nowMs);
  return judgeWindow(state, facts, readySinceMs, nowMs);
}

function certainFailure({ subject, health, jobResult, exits }: SubjectFacts): string | undefined {
  // `lost` = the manager forgot the job; the unit's state tells.
  if (jobResult !== undefined && jobResult !== "done" && jobResult !== "lost") {
    const how = health.unit !== undefined && phaseOf(health.unit) === "failed" ? `: ${sayExit(health.unit)}` : "";
    return `its start ended with "${jobResult}"${how}`;
  }
  if (exits.hopeless !== undefined) return exits.hopeless;
  const isReplacing = subject.job === "restart" && subject.before.activeState === "active";
  if (exits.beforeReady >= hopelessExits[isReplacing ? "replacing" : "first"])
    return `it exited ${exits.beforeReady} times before it was ready: ${exits.last}`;
  if (exits.afterReady > 0) return `it exited after it was ready: ${exits.last}`;
  if (subject.oneshot && health.phase === "failed") return health.because;
  return health.outcome === "unhealthy" && !isReplacedRun(subject, health.invocation) ? health.because : undefined;
}

function judgeDead(state: GateState, facts: SubjectFacts, nowMs: Ms): SubjectVerdict {
  const { subject, health, exits, deadSinceMs = nowMs } = facts;
  const isExit = exits.beforeReady > 0;
  const readyMs = dependenciesReadySince(state, subject);
  // Deaths that a dependency explains count from the moment it is back.
  const fromMs = isExit ? deadSinceMs : Math.max(deadSinceMs, readyMs ?? never);
  const pendingJob = subject.job !== "none" && facts.jobResult === undefined;
  if (pendingJob && !isExit) return judgeLate(state, facts, health.because, nowMs);
  const untilMs = fromMs + (isExit ? deadMs : Math.max(deadMs, subject.policy.minHealthyMs));
  if (untilMs === never) return judgeLate(state, facts, health.because, nowMs);
  if (nowMs < untilMs) return { ...waiting(`not running: ${health.because}`, untilMs), isStranded: !isExit };
  return failed(isExit ? `${health.because}, and systemd does not start it again` : `it ran before and is dead now: ${health.because}`);
}

/** Not there yet: waits for the start-up deadline, which counts from when the subject could start in earnest. */
function judgeLate(state: GateState, facts: SubjectFacts, because: string, nowMs: Ms): SubjectVerdict {
  const untilMs = deadlineOf(state, facts, new Map());
  if (nowMs < untilMs) return waiting(because, untilMs);
  return failed(`not ready within ${showDuration(facts.subject.policy.startupDeadlineMs)}: ${because}`);
}

/** The later of its own start and of the moment its dependencies were ready or should have been, plus its StartupDeadline. */
function deadlineOf(state: GateState, facts: SubjectFacts, known: Map<ServiceName, Ms>): Ms {
  const { subject, jobStartedAtMs, startedAtMs } = facts;
  const before = known.get(subject.service);
  if (before !== undefined) return before;
  const dependencies = dependenciesOf(state, subject).map(
    (other) => other.firstReadyAtMs ?? (other.subject.role === "dependency" ? state.startedAtMs : deadlineOf(state, other, known)),
  );
  const fromMs = Math.max(state.startedAtMs, jobStartedAtMs ?? state.startedAtMs, startedAtMs ?? state.startedAtMs, ...dependencies);
  known.set(subject.service, fromMs + subject.policy.startupDeadlineMs);
  return fromMs + subject.policy.startupDeadlineMs;
}

function missingJob({ subject, jobResult }: SubjectFacts): string | undefined {
  return subject.job !== "none" && jobResult === undefined ? "its start has not ended yet" : undefined;
}

function missingPort({ subject, ports }: SubjectFacts): string | undefined {
  const silent = subject.ports.find((port) => port.protocol === "tcp" && (ports.get(portName(port))?.successes ?? 0) === 0);
  if (silent === undefined) return undefined;
  const run = ports.get(portName(silent));
  const why = run === undefined ? "" : `: ${run.error === "" ? run.detail : run.error}`;
  return `published port ${portName(silent)} does not answer${why}`;
}

/** Ready: nothing may happen for MinHealthy, counted from the last dependency's readiness, and a probe must pass at its end. */
function judgeWindow(state: GateState, facts: SubjectFacts, readySinceMs: Ms, nowMs: Ms): SubjectVerdict {
  const { policy, oneshot } = facts.subject;
  if (oneshot) return { verdict: "passed", because: "done", nextLookMs: never, isStranded: false };
  const endMs = windowEnd(state, facts, readySinceMs);
  if (nowMs < endMs) return waiting(`ready, and must stay so for ${showDuration(policy.minHealthyMs)}`, endMs);
  const { succeededAtMs = 0, successes, detail, error } = facts.health.runs.readiness;
  if (policy.readiness.kind !== "unit" && (succeededAtMs < endMs || successes === 0)) {
    const untilMs = endMs + policy.startupDeadlineMs;
    if (nowMs >= untilMs) return failed(`no probe passed at the end of MinHealthy: ${error === "" ? detail : error}`);
    return waiting(error === "" ? "waiting for the last probe" : `it could not be asked: ${error}`, untilMs);
  }
  const how = policy.readiness.kind === "unit" ? "active" : detail;
  return { verdict: "passed", because: `${how} for ${showDuration(policy.minHealthyMs)}`, nextLookMs: never, isStranded: false };
}

/** When a subject that is ready has been so for long enough. */
export function windowEnd(state: GateState, { subject }: SubjectFacts, readySinceMs: Ms): Ms {
  const dependenciesMs = dependenciesReadySince(state, subject) ?? never;
  return Math.max(readySinceMs, Number.isFinite(dependenciesMs) ? dependenciesMs : readySinceMs) + subject.policy.minHealthyMs;
}

function failed(because: string): SubjectVerdict {
  return { verdict: "failed", because, nextLookMs: never, isStranded: false };
}

function waiting(because: string, nextLookMs: Ms): SubjectVerdict {
  return { verdict: "waiting", because, nextLookMs, isStranded: false };
}
