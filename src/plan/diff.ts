import type { Generation, GenerationUnit } from "../domain/generation.ts";
import type { UnitState } from "../domain/observed.ts";
import type { ServiceName } from "../domain/words.ts";
import type { Action, Change, ChangeKind } from "./change.ts";
import { changedKeys, diffLines } from "./lines.ts";
import { isFinished, isUp, type Observed, runningDigest } from "./observed.ts";

export type WantedGeneration = Pick<Generation, "units" | "contentDigest" | "stack">;

/** Compares what should run with what runs. Plan, drift, deploy, rollback and recovery are all this one comparison. */
export function diffGenerations(wanted: WantedGeneration, observed: Observed): readonly Change[] {
  const changes = wanted.units.map((unit) => compareUnit(unit, observed));
  const names = new Set(wanted.units.map((unit) => unit.service));
  const removed = [...observed.known.values()].filter((unit) => !names.has(unit.service)).flatMap((unit) => removeUnit(unit, observed));
  return spread([...removed, ...changes], wanted);
}

function compareUnit(unit: GenerationUnit, observed: Observed): Change {
  const before = observed.current.units.find((other) => other.service === unit.service);
  const state = observed.units.get(unit.service);
  const running = runningDigest(unit, observed);
  const reality = realityOf(unit, state, running);
  if (before === undefined) {
    const because = reality.action === "none" ? ["new in the source, already running as it should"] : ["new in the source"];
    return make("add", reality.action === "none" ? "none" : reality.action, unit, because, diffLines("", unit.text));
  }
  if (before.digest !== unit.digest) {
    const keys = changedKeys(before, unit);
    const settled = reality.action === "none" && !isFinished(unit, state);
    const action = settled ? "none" : objectAction(unit, isUp(state), running);
    return make("change", action, unit, keys, diffLines(before.text, unit.text));
  }
  if (reality.action !== "none") return make("repair", reality.action, unit, [reality.because], []);
  if (before.text !== unit.text || JSON.stringify(before.policy) !== JSON.stringify(unit.policy)) {
    return make("policy", "none", unit, ["only what needs no restart changed"], diffLines(before.text, unit.text));
  }
  return make("keep", "none", unit, [], []);
}

/** What the machine needs so that this unit runs as its text says. */
function realityOf(
  unit: GenerationUnit,
  state: UnitState | undefined,
  running: string | undefined,
): { readonly action: Action; readonly because: string } {
  const up = isUp(state);
  if (isFinished(unit, state)) return none;
  if (unit.type === "volume")
    return up && running !== undefined ? none : { action: up ? "restart" : "start", because: "its volume is not there" };
  if (!up) return { action: "start", because: `it is ${state?.activeState ?? "not loaded"}` };
  if (running === undefined)
    return { action: "restart", because: unit.type === "network" ? "its network is gone" : "its container is gone" };
  if (running !== unit.digest) return { action: objectAction(unit, up, running), because: "what runs was made from another text" };
  return none;
}

const none = { action: "none", because: "" } as const;

/** A network cannot be changed in place; a volume is never recreated, since its data would go. */
function objectAction(unit: GenerationUnit, up: boolean, running: string | undefined): Action {
  if (unit.type === "volume") return up ? "none" : "start";
  if (unit.type === "network" && running !== undefined) return "recreate";
  return up ? "restart" : "start";
}

function removeUnit(unit: GenerationUnit, observed: Observed): readonly Change[] {
  const inCurrent = observed.current.units.some((other) => other.service === unit.service);
  const up = isUp(observed.units.get(unit.service));
  const object = unit.type !== "volume" && runningDigest(unit, observed) !== undefined;
  if (!inCurrent && !up && !object) return [];
  const because = inCurrent ? "no longer in the source" : "left over from an earlier generation";
  return [make("remove", up || object ? "stop" : "none", unit, [because], diffLines(unit.text, ""))];
}

/**
 * Who else is hit: systemd restarts dependents that require a restarted unit, and a recreated network takes its users with it.
 * Runs until nothing changes, since a restart spreads along a chain.
 */
function spread(changes: readonly Change[], wanted: WantedGeneration): readonly Change[] {
  const byService = new Map<ServiceName, Change>(changes.map((change) => [change.service, change]));
  for (let grew = true; grew; ) {
    grew = false;
    for (const unit of wanted.units) {
      const change = byService.get(unit.service);
      if (change === undefined || change.action !== "none") continue;
      const cause = unit.requires
        .map((service) => byService.get(service))
        .find((other) => other !== undefined && isDisruptive(other.action));
      if (cause === undefined) continue;
      const kind = change.kind === "keep" ? "repair" : change.kind;
      byService.set(unit.service, {
        ...change,
        kind,
        action: "restart",
        because: [...change.because, `it requires ${cause.service}, which ${actionWords[cause.action]}`],
      });
      grew = true;
    }
  }
  return [...byService.values()];
}

const actionWords: Readonly<Record<Action, string>> = {
  start: "starts",
  restart: "restarts",
  stop: "stops",
  recreate: "is recreated",
  none: "stays",
};

function isDisruptive(action: Action): boolean {
  return action === "restart" || action === "recreate" || action === "stop";
}

function make(kind: ChangeKind, action: Action, unit: GenerationUnit, because: readonly string[], lines: readonly string[]): Change {
  return { kind, action, service: unit.service, unit, because, lines };
}

/** True when there is nothing to do and nothing to record. */
export function isNothing(changes: readonly Change[]): boolean {
  return changes.every((change) => change.kind === "keep");
}
