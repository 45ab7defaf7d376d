import { showDuration } from "../domain/time.ts";
import type { Ms } from "../domain/words.ts";
import type { GateState, GateVerdict, SubjectFacts } from "./gate-facts.ts";
import { dependenciesOf } from "./gate-ready.ts";
import { judgeSubject, type SubjectVerdict } from "./gate-subject.ts";
import { isProvenBySystemdOnly } from "./roles.ts";
import { phaseOf } from "./unit.ts";

type Judged = { readonly facts: SubjectFacts; readonly verdict: SubjectVerdict };

/** Whether a generation has proven itself. Fails at the first certain failure, passes only when everything is proven. */
export function judgeGate(state: GateState, nowMs: Ms): GateVerdict {
  const judged = [...state.facts.values()].filter(isJudged).map((facts) => ({ facts, verdict: judgeSubject(state, facts, nowMs) }));
  const counting = judged.filter(({ facts }) => facts.subject.policy.rollback);
  // A stack of nothing but Rollback=no would pass before it was looked at; there they are waited for.
  const awaited = counting.length > 0 ? counting : judged;
  const failures = counting.filter(({ verdict }) => verdict.verdict === "failed");
  const waiting = awaited.filter(({ verdict }) => verdict.verdict === "waiting");
  const common = {
    nextLookMs: Math.min(...waiting.map(({ verdict }) => verdict.nextLookMs)),
    stranded: judged.filter(({ verdict }) => verdict.isStranded).map(nameOf),
    systemdOnly: judged.filter(({ facts }) => isProvenBySystemdOnly(facts.subject.policy) && !facts.subject.oneshot).map(nameOf),
    tolerated: judged
      .filter(({ facts, verdict }) => !facts.subject.policy.rollback && verdict.verdict !== "passed")
      .map((one) => ({ service: nameOf(one), because: one.verdict.because })),
  };
  const cause = rootOf(state, failures);
  if (cause !== undefined) return { ...common, ...say(cause, "failed"), stranded: [] };
  const awaitedOne = rootOf(state, waiting);
  if (awaitedOne !== undefined) return { ...common, ...say(awaitedOne, "waiting") };
  return { ...common, verdict: "passed", because: sayPassed(counting), stranded: [] };
}

function isJudged({ subject }: SubjectFacts): boolean {
  return subject.role === "affected" || (subject.role === "dependent" && phaseOf(subject.before) === "up");
}

/** The one to name: none of its dependencies is in the same trouble. */
function rootOf(state: GateState, judged: readonly Judged[]): Judged | undefined {
  const names = new Set(judged.map(nameOf));
  const root = judged.find(({ facts }) => !dependenciesOf(state, facts.subject).some((other) => names.has(other.subject.service)));
  return root ?? judged[0];
}

function nameOf({ facts }: Judged): string {
  return facts.subject.service;
}

function say(judged: Judged, verdict: "failed" | "waiting"): Pick<GateVerdict, "verdict" | "because" | "service"> {
  return { verdict, service: nameOf(judged), because: `${nameOf(judged)}: ${judged.verdict.because}` };
}

function sayPassed(judged: readonly Judged[]): string {
  if (judged.length === 0) return "nothing to prove";
  const longestMs = Math.max(...judged.map(({ facts }) => facts.subject.policy.minHealthyMs));
  const subject = judged.length === 1 ? "1 service" : `${judged.length} services`;
  return `${subject} proven, nothing restarted for ${showDuration(longestMs)}`;
}
