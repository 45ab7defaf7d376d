import { PhoenixError } from "../domain/errors.ts";
import type { Generation } from "../domain/generation.ts";
import { foldLedger } from "../domain/ledger.ts";
import type { Step, StepName } from "../domain/steps.ts";
import type { StackName } from "../domain/words.ts";
import type { Change } from "../plan/change.ts";
import { diffGenerations, isNothing } from "../plan/diff.ts";
import type { Observed } from "../plan/observed.ts";
import { orderSteps } from "../plan/order.ts";
import { noData, ownData } from "../plan/own-data.ts";
import { rollbackTarget } from "../plan/target.ts";
import type { Ports } from "../ports/ports.ts";
import type { ChangeContext } from "./apply/context.ts";
import { applySteps } from "./apply/executors.ts";
import type { Failpoint } from "./failpoint.ts";
import { openGate } from "./gate.ts";
import { observe, readGeneration } from "./observe.ts";

/**
 * INVARIANTS, kept by this file and by nothing else:
 * - exactly one generation is live; the ledger says which, or says `pending` and whoever comes next finishes or undoes it;
 * - a change ends as `good`, or as `rolledBack` with the old generation proven by the same gate;
 * - the caller holds the stack's lane.
 */
export type ChangeRequest = {
  readonly stack: StackName;
  readonly verb: string;
  readonly wanted: Generation;
  readonly removeVolumes: boolean;
  readonly interrupted: AbortSignal;
  readonly failpoint: Failpoint;
  readonly progress: (line: string) => void;
};

export type ChangeOutcome =
  | { readonly kind: "nothing"; readonly generation: Generation }
  | {
      readonly kind: "good";
      readonly generation: Generation;
      readonly changes: readonly Change[];
      readonly proof: string;
      readonly tookMs: number;
    }
  | {
      readonly kind: "undone";
      readonly generation: Generation;
      readonly from: Generation;
      readonly healthy: boolean;
      readonly because: string;
      readonly interrupted: boolean;
      readonly tookMs: number;
    }
  /** The current generation could not be repaired, and there is nothing else to go back to. */
  | { readonly kind: "unrepaired"; readonly generation: Generation; readonly because: string };

/** Steps that only make sense forwards: the way back writes its own ledger lines. */
const forwardOnly: ReadonlySet<StepName> = new Set(["record-pending", "record-good", "remove-volume", "remove-secret"]);

/** Switches the stack to `wanted` and proves it, or goes back. */
export async function changeStack(request: ChangeRequest, ports: Ports): Promise<ChangeOutcome> {
  const { stack, wanted } = request;
  const observed = await observe(stack, wanted.units, ports);
  const changes = diffGenerations(wanted, observed);
  const from = observed.ledger.current;
  const remove = request.removeVolumes ? ownData(observed) : noData;
  const isSettled = observed.live === wanted.number && from === wanted.number && observed.ledger.pending === undefined;
  if (isSettled && isNothing(changes) && remove.volumes.length === 0 && remove.secrets.length === 0) {
    return { kind: "nothing", generation: wanted };
  }
  const context = contextOf(request, wanted, observed, changes, ports);
  const steps = orderSteps(changes, {
    stack,
    generation: wanted.number,
    from,
    units: wanted.units,
    existingSecrets: observed.secrets,
    remove,
  });
  try {
    await applySteps(steps, context);
    return {
      kind: "good",
      generation: wanted,
      changes,
      proof: context.gate.proof(),
      tookMs: ports.clock.monotonic() - context.startedAtMs,
    };
  } catch (error) {
    return await undo(request, observed, failureOf(error), context, ports);
  } finally {
    await context.gate.close();
  }
}

type Failure = { readonly because: string; readonly service?: string; readonly interrupted: boolean };

function failureOf(error: unknown): Failure {
  if (error instanceof PhoenixError)
    return { because: error.message, interrupted: error.code === "interrupted", ...(error.place ? { service: error.place.file } : {}) };
  return { because: error instanceof Error ? error.message : String(error), interrupted: false };
}

async function undo(
  request: ChangeRequest,
  before: Observed,
  failure: Failure,
  failed: ChangeContext,
  ports: Ports,
): Promise<ChangeOutcome> {
  const { stack, wanted } = request;
  if (before.ledger.current === wanted.number) {
    // A repair: what runs is the last good generation already. Its failure says nothing against the generation, so no quarantine.
    await ports.history.append(stack, {
      event: "rolledBack",
      from: wanted.number,
      generation: wanted.number,
      healthy: false,
      because: failure.because,
      tookMs: ports.clock.monotonic() - failed.startedAtMs,
    });
    return { kind: "unrepaired", generation: wanted, because: failure.because };
  }
  request.progress(`${failure.interrupted ? "interrupted" : "failed"}: ${failure.because}`);
  // Beside the way back: nobody's outage waits for it.
  const told = tellLastWords(request, failure, failed, ports);
  if (failure.interrupted) await ports.history.append(stack, { event: "interrupted", generation: wanted.number, because: failure.because });
  else
    await ports.history.append(stack, {
      event: "failed",
      generation: wanted.number,
      digest: wanted.digest,
      because: failure.because,
      ...(failure.service ? { service: failure.service } : {}),
    });
  const outcome = await goBack(request, failure, failed.startedAtMs, ports);
  await told;
  return outcome;
}

/** What the service that failed printed: the reason is often there, and after the way back it is hard to find. */
async function tellLastWords(request: ChangeRequest, failure: Failure, failed: ChangeContext, ports: Ports): Promise<void> {
  const unit = request.wanted.units.find((other) => other.service === failure.service);
  if (unit === undefined || failure.interrupted) return;
  const { service, object } = unit;
  const sinceMs = ports.clock.now() - (ports.clock.monotonic() - failed.startedAtMs);
  for (const line of await ports.containers.lastWords({ service, object, sinceMs })) request.progress(`${service} said: ${line}`);
}

/** Leads the stack to the last good generation, best effort: one dead unit must not keep the others down. */
export async function goBack(request: ChangeRequest, failure: Failure, startedAtMs: number, ports: Ports): Promise<ChangeOutcome> {
  const { stack, wanted } = request;
  const { lines } = await ports.history.read(stack);
  const target = await readGeneration(stack, rollbackTarget(foldLedger(lines), wanted.number), ports);
  request.progress(`rolling back to generation ${target.number}`);
  const observed = await observe(stack, [...wanted.units, ...target.units], ports);
  const changes = diffGenerations(target, observed);
  const context = contextOf({ ...request, interrupted: new AbortController().signal }, target, observed, changes, ports);
  const steps = orderSteps(changes, {
    stack,
    generation: target.number,
    from: wanted.number,
    units: target.units,
    existingSecrets: observed.secrets,
  });
  let healthy = true;
  let trouble = "";
  try {
    for (const step of steps.filter((step) => !forwardOnly.has(step.name))) {
      try {
        await applySteps([step], context);
      } catch (error) {
        if (!(error instanceof PhoenixError) || isFatal(step)) throw error;
        // The gate has the last word on a unit that did not start at once.
        healthy = step.name === "await-gate" ? false : healthy;
        trouble = error.message;
      }
    }
  } finally {
    await context.gate.close();
  }
  const tookMs = ports.clock.monotonic() - startedAtMs;
  const because = healthy || trouble === "" ? failure.because : `${failure.because}; on the way back: ${trouble}`;
  await ports.history.append(stack, { event: "rolledBack", from: wanted.number, generation: target.number, healthy, because, tookMs });
  return { kind: "undone", generation: target, from: wanted, healthy, because, interrupted: failure.interrupted, tookMs };
}

/** Without these the old generation cannot be the live one: better to stop loudly with `pending` in the ledger. */
function isFatal(step: Step): boolean {
  return step.name === "switch-link" || step.name === "reload-manager";
}

function contextOf(
  request: ChangeRequest,
  target: Generation,
  observed: Observed,
  changes: readonly Change[],
  ports: Ports,
): ChangeContext {
  return {
    ports,
    stack: request.stack,
    verb: request.verb,
    target,
    gate: openGate({ target, observed, changes, ports, progress: request.progress, interrupted: request.interrupted }),
    startedAtMs: ports.clock.monotonic(),
    failpoint: request.failpoint,
    progress: request.progress,
    interrupted: request.interrupted,
  };
}
