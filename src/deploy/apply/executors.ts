import { PhoenixError } from "../../domain/errors.ts";
import type { Step, StepName, StepOf } from "../../domain/steps.ts";
import type { Ms, ServiceName } from "../../domain/words.ts";
import type { ChangeContext } from "./context.ts";
import { checkLoaded } from "./loaded.ts";

type Executors = { readonly [N in StepName]: (step: StepOf<N>, context: ChangeContext) => Promise<void> };

/** A stop is bounded by the unit's own TimeoutStopSec; this only bounds a manager that never answers. */
const stopTimeoutMs: Ms = 120_000;

/** One entry per step; a step without one does not compile. Every executor may run twice: recovery repeats what a crash cut off. */
const executors: Executors = {
  "record-pending": async (step, { ports, stack, verb }) => {
    await ports.history.append(stack, { event: "pending", generation: step.generation, from: step.from, verb });
  },
  "create-secret": async (step, { ports, stack }) => await ports.objects.generateSecret(step.secret, stack),
  "stop-unit": async (step, { ports }) => {
    const result = await ports.units.job("stop", step.service, stopTimeoutMs);
    if (result !== "done") await ports.units.kill(step.service);
  },
  "remove-network": async (step, { ports }) => await ports.objects.removeNetwork(step.network),
  "remove-volume": async (step, { ports }) => await ports.objects.removeVolume(step.volume),
  "remove-secret": async (step, { ports }) => await ports.objects.removeSecret(step.secret),
  "switch-link": async (step, { ports, stack }) => await ports.generations.switch(stack, step.generation),
  "reload-manager": async (_step, { ports }) => await ports.units.reload(),
  "check-loaded": async (_step, context) => await checkLoaded(context),
  "start-unit": async (step, context) => await startJob("start", step.service, context),
  "restart-unit": async (step, context) => await startJob("restart", step.service, context),
  "await-gate": async (_step, { gate }) => await gate.wait(),
  "record-good": async (step, { ports, stack, gate, startedAtMs }) => {
    const tookMs = ports.clock.monotonic() - startedAtMs;
    await ports.history.append(stack, { event: "good", generation: step.generation, proof: gate.proof(), tookMs });
  },
};

async function startJob(kind: "start" | "restart", service: ServiceName, { ports, gate, target }: ChangeContext): Promise<void> {
  const unit = target.units.find((other) => other.service === service);
  const timeoutMs = (unit?.policy?.startupDeadlineMs ?? 60_000) + (unit?.policy?.graceMs ?? 10_000) + 30_000;
  await gate.starting(service);
  const result = await ports.units.job(kind, service, timeoutMs);
  await gate.started(service, result);
}

/** Runs steps in order, between failpoints; stops at the first that fails, or when a person interrupts. */
export async function applySteps(steps: readonly Step[], context: ChangeContext): Promise<void> {
  for (const step of steps) {
    if (context.interrupted.aborted) throw new PhoenixError("interrupted", "The change was interrupted.");
    context.failpoint("before", step.name);
    const line = sayStep(step);
    if (line !== undefined) context.progress(line);
    const execute = executors[step.name] as (step: Step, context: ChangeContext) => Promise<void>;
    await execute(step, context);
    context.failpoint("after", step.name);
  }
}

type Sentences = { readonly [N in StepName]: ((step: StepOf<N>) => string) | undefined };

/** What a person who waits is told; undefined = nothing worth a line. */
const sentences: Sentences = {
  "record-pending": undefined,
  "create-secret": (step) => `creating secret ${step.secret}`,
  "stop-unit": (step) => `stopping ${step.service}: ${step.because}`,
  "remove-network": (step) => `removing network ${step.network}: ${step.because}`,
  "remove-volume": (step) => `removing volume ${step.volume}`,
  "remove-secret": (step) => `removing secret ${step.secret}`,
  "switch-link": (step) => `switching to generation ${step.generation}`,
  "reload-manager": undefined,
  "check-loaded": undefined,
  "start-unit": (step) => `starting ${step.service}: ${step.because}`,
  "restart-unit": (step) => `restarting ${step.service}: ${step.because}`,
  "await-gate": () => "waiting for proof",
  "record-good": undefined,
};

/** The sentence of one step, as plan, progress and tests show it. */
export function sayStep(step: Step): string | undefined {
  const say = sentences[step.name] as ((step: Step) => string) | undefined;
  return say?.(step);
}
