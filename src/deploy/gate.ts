import { PhoenixError } from "../domain/errors.ts";
import type { Generation } from "../domain/generation.ts";
import type { JobResult, UnitState } from "../domain/observed.ts";
import type { Ms, ServiceName } from "../domain/words.ts";
import { judgeGate } from "../health/gate.ts";
import type { GateState, GateVerdict } from "../health/gate-facts.ts";
import { gateObserve, gateStart } from "../health/gate-fold.ts";
import { gateQuestions } from "../health/gate-questions.ts";
import type { Change } from "../plan/change.ts";
import type { Observed } from "../plan/observed.ts";
import type { Ports } from "../ports/ports.ts";
import { askQuestion } from "./question.ts";
import { gateSubjects } from "./subjects.ts";

/** The proof of a generation, fed by the steps and by its own looking. */
export type Gate = {
  /** Call before the job, so that no exit is missed, and none of the run that the job ends is counted. */
  readonly starting: (service: ServiceName) => Promise<void>;
  /** Throws when the job already settles the matter. */
  readonly started: (service: ServiceName, result: JobResult) => Promise<void>;
  /** Resolves when the generation is proven; throws when it certainly failed, or when a person interrupts. */
  readonly wait: () => Promise<void>;
  /** What the proof rests on, for the ledger: "3 services proven, nothing restarted for 10 s". */
  readonly proof: () => string;
  readonly close: () => Promise<void>;
};

export type GateOptions = {
  readonly target: Generation;
  readonly observed: Observed;
  readonly changes: readonly Change[];
  readonly ports: Ports;
  readonly progress: (line: string) => void;
  readonly interrupted: AbortSignal;
};

/** Signals wake the gate at once; this bounds how long it waits for one. */
const lookEveryMs: Ms = 250;
/** So often every unit is read whole, in case a signal was lost: reading one costs as much as five signals. */
const thoroughEveryMs: Ms = 1_000;
const strandedTimeoutMs: Ms = 30_000;

/** Opens the gate: from now on every exit of a subject is seen. */
export function openGate(options: GateOptions): Gate {
  const { ports } = options;
  const subjects = gateSubjects(options);
  let state: GateState = gateStart(subjects, ports.clock.monotonic());
  let verdict: GateVerdict | undefined;
  const asking = new Set<string>();
  let wake = (): void => {};
  /** What was read of each unit since the last signal about it. */
  let known: ReadonlyMap<ServiceName, UnitState> = new Map();
  let thoroughAtMs = ports.clock.monotonic();
  const watching = ports.units.watch((change) => {
    known = change.kind === "relist" ? new Map() : new Map([...known].filter(([service]) => service !== change.service));
    wake();
  });
  // A bus that cannot be watched only costs speed: the looks go on.
  watching.catch(() => {});

  const look = async (): Promise<GateVerdict> => {
    if (ports.clock.monotonic() >= thoroughAtMs) {
      known = new Map();
      thoroughAtMs = ports.clock.monotonic() + thoroughEveryMs;
    }
    const before = known;
    const units = await ports.units.list(
      subjects.map((subject) => subject.service),
      before,
    );
    const atMs = ports.clock.monotonic();
    // A signal that came meanwhile counts for the next look.
    if (known === before) known = new Map(units.map((unit) => [unit.service, unit]));
    for (const unit of units) state = gateObserve(state, { kind: "unit", service: unit.service, atMs, unit });
    ask(atMs);
    verdict = judgeGate(state, ports.clock.monotonic());
    return verdict;
  };

  /** Questions run beside the looking: a probe that hangs for its timeout must not hide an exit. */
  const ask = (nowMs: Ms): void => {
    for (const question of gateQuestions(state, nowMs)) {
      const key =
        question.kind === "port" ? `port ${question.service} ${question.port.hostPort}` : `${question.service} ${question.roles.join()}`;
      if (question.atMs > nowMs || asking.has(key)) continue;
      asking.add(key);
      void askQuestion(question, options.target, ports).then((observation) => {
        asking.delete(key);
        state = gateObserve(state, observation);
        wake();
      });
    }
  };

  /** Dependents that went down with a dependency and that nobody starts again: once each, the gate judges the rest. */
  const stranded = new Set<ServiceName>();
  const startStranded = async (services: readonly ServiceName[]): Promise<void> => {
    for (const service of services.filter((name) => !stranded.has(name))) {
      stranded.add(service);
      state = gateObserve(state, { kind: "job-started", service, atMs: ports.clock.monotonic() });
      const result = await ports.units.job("start", service, strandedTimeoutMs);
      state = gateObserve(state, { kind: "job", service, atMs: ports.clock.monotonic(), result });
    }
  };

  const sleep = async (): Promise<void> => {
    const until = new AbortController();
    wake = () => until.abort();
    const nowMs = ports.clock.monotonic();
    const nextMs = Math.min(lookEveryMs, ...gateQuestions(state, nowMs).map((question) => Math.max(5, question.atMs - nowMs)));
    options.interrupted.addEventListener("abort", wake, { once: true });
    await ports.clock.sleep(nextMs, until.signal);
    options.interrupted.removeEventListener("abort", wake);
  };

  const failIf = (seen: GateVerdict): void => {
    if (seen.verdict === "failed") throw failure(seen);
  };

  return {
    starting: async (service) => {
      for (const unit of await ports.units.list([service]))
        state = gateObserve(state, { kind: "unit", service, atMs: ports.clock.monotonic(), unit });
      state = gateObserve(state, { kind: "job-started", service, atMs: ports.clock.monotonic() });
    },
    started: async (service, result) => {
      state = gateObserve(state, { kind: "job", service, atMs: ports.clock.monotonic(), result });
      const seen = await look();
      // Only this service: the gate waits for the others once all of them were started.
      if (seen.verdict === "failed" && seen.service === service) throw failure(seen);
    },
    wait: async () => {
      const say = patiently(options.progress, ports.clock.monotonic);
      while (true) {
        if (options.interrupted.aborted) throw new PhoenixError("interrupted", "The change was interrupted.");
        const seen = await look();
        failIf(seen);
        if (seen.verdict === "passed") return;
        await startStranded(seen.stranded);
        say(`waiting: ${seen.because}`);
        await sleep();
      }
    },
    proof: () => sayProof(verdict),
    close: async () => {
      wake = () => {};
      const stop = await watching.catch(() => undefined);
      stop?.();
    },
  };
}

/** Says a line only once it has been true for a while: a start passes through five states in half a second. */
function patiently(progress: (line: string) => void, now: () => Ms): (line: string) => void {
  let current = "";
  let sinceMs = 0;
  let told = "";
  return (line) => {
    if (line !== current) sinceMs = now();
    current = line;
    if (line === told || now() - sinceMs < 2000) return;
    told = line;
    progress(line);
  };
}

function failure(seen: GateVerdict): PhoenixError {
  return new PhoenixError("rolled-back", seen.because, seen.service === undefined ? {} : { place: { file: seen.service } });
}

function sayProof(verdict: GateVerdict | undefined): string {
  if (verdict === undefined) return "nothing to prove";
  const weak = verdict.systemdOnly.length === 0 ? "" : `; proven by systemd only: ${verdict.systemdOnly.join(", ")}`;
  const tolerated = verdict.tolerated.map(({ service, because }) => `; tolerated (Rollback=no): ${service}, ${because}`).join("");
  return `${verdict.because}${weak}${tolerated}`;
}
