import { createHash } from "node:crypto";
import { type Generation, type GenerationUnit, runnableUnits } from "../domain/generation.ts";
import { foldLedger, type LedgerLine } from "../domain/ledger.ts";
import type { Ms, ServiceName } from "../domain/words.ts";
import { initialHealState, type RememberedBreaker } from "../heal/state.ts";
import { initialHealth } from "../health/service.ts";
import type { Missing, ServiceMemory, StackMemory } from "./memory.ts";
import { nothingMissing } from "./memory.ts";
import { originOf } from "./origin.ts";

/** What was read about a stack. */
export type StackReading = {
  readonly generation: Generation;
  /** What ran before, undefined when it cannot be read any more. */
  readonly previous: Generation | undefined;
  readonly lines: readonly LedgerLine[];
  readonly missingUnitFiles: readonly string[];
  /** Type=oneshot units of the generation. */
  readonly oneshots: ReadonlySet<ServiceName>;
  /** The same moment on both clocks. */
  readonly now: number;
  readonly nowMs: Ms;
};

/** Takes in a stack that was read (again); what is known about services that stay is kept. */
export function rememberStack(before: StackMemory | undefined, reading: StackReading): StackMemory {
  const { generation, lines, nowMs } = reading;
  const ledger = foldLedger(lines);
  const isSame = before?.generation.number === generation.number;
  const missing: Missing = { ...(isSame ? before.missing : nothingMissing), unitFiles: reading.missingUnitFiles };
  const base = before ?? { ...newStack, nextDecisionMs: nowMs };
  return {
    ...base,
    stack: generation.stack,
    generation,
    ledger,
    lines: lines.length,
    origin: isSame ? before.origin : originOf(lines, reading),
    services: new Map(runnableUnits(generation).flatMap((unit) => rememberService(before, unit, reading))),
    healing: isSame ? before.healing : initialHealState(generation.number, openBreakers(reading), nowMs),
    missing,
    nextDecisionMs: nowMs,
  };
}

const newStack = {
  stops: [],
  task: undefined,
  holder: undefined,
  foreignChangeMs: undefined,
  recoverNotBeforeMs: Number.NEGATIVE_INFINITY,
  recoverFailures: 0,
} as const satisfies Partial<StackMemory>;

function rememberService(
  before: StackMemory | undefined,
  unit: GenerationUnit,
  { generation, previous, oneshots, nowMs }: StackReading,
): readonly (readonly [ServiceName, ServiceMemory])[] {
  if (unit.policy === undefined) return [];
  const known = before?.services.get(unit.service);
  const old = previous?.units.find((other) => other.service === unit.service);
  const isSame = before?.generation.number === generation.number && known !== undefined;
  const memory: ServiceMemory = {
    unit,
    policy: unit.policy,
    oneshot: oneshots.has(unit.service),
    changed: isSame ? known.changed : previous !== undefined && old?.digest !== unit.digest,
    spread: known?.spread ?? spreadOf(unit.service),
    health: known?.health ?? initialHealth(nowMs),
    incident: known?.incident,
  };
  return [[unit.service, memory]];
}

/** A number in [0, 1) that looks random and is not. */
export function spreadOf(service: ServiceName): number {
  return createHash("sha256").update(service).digest().readUInt32BE(0) / 2 ** 32;
}

function openBreakers({ lines, generation, now }: StackReading): readonly RememberedBreaker[] {
  return [...foldLedger(lines).openBreakers].flatMap(([service, { at, because }]) => {
    const windowMs = generation.units.find((unit) => unit.service === service)?.policy?.restartBudget.windowMs;
    return windowMs === undefined ? [] : [{ service, because, ageMs: Math.max(0, now - at), windowMs }];
  });
}
