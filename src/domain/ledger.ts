import { createHash } from "node:crypto";
import type { StackEvent } from "./events.ts";
import type { Digest, GenerationNumber, ServiceName } from "./words.ts";

/** One line of history.jsonl. `at` in ms since 1970; `by` names the process that did it. */
export type LedgerLine = StackEvent & { readonly at: number; readonly by: string };

/** `<sha256, 12 hex> <JSON>\n`: a torn or edited line does not match its checksum and is skipped, never trusted. */
export function encodeLine(line: LedgerLine): string {
  const text = JSON.stringify(line);
  return `${checksum(text)} ${text}\n`;
}

export type ReadLedger = { readonly lines: readonly LedgerLine[] /** Line numbers, from 1. */; readonly damaged: readonly number[] };

/**
 * Reads a ledger that may have been torn by a power cut or edited by hand. A line that stands there twice to the letter counts once: it
 * was written again because the ledger was rewritten at that very moment.
 */
export function decodeLedger(text: string): ReadLedger {
  const lines: LedgerLine[] = [];
  const damaged: number[] = [];
  const known = new Set<string>();
  for (const [index, row] of text.split("\n").entries()) {
    if (row === "" || known.has(row)) continue;
    known.add(row);
    const json = row.slice(13);
    if (row[12] === " " && row.slice(0, 12) === checksum(json)) lines.push(JSON.parse(json) as LedgerLine);
    else damaged.push(index + 1);
  }
  return { lines, damaged };
}

function checksum(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

/** What the ledger says about now: a fold over its lines, nothing else is remembered. */
export type LedgerState = {
  /** The generation that should run: the last good one, or the one rolled back to. */
  readonly current: GenerationNumber;
  /** Good generations, oldest first; 0 is not among them. */
  readonly good: readonly GenerationNumber[];
  /** Generations that failed, oldest first. */
  readonly failed: readonly GenerationNumber[];
  readonly pending:
    | { readonly generation: GenerationNumber; readonly from: GenerationNumber; readonly verb: string; readonly at: number }
    | undefined;
  readonly quarantined: ReadonlyMap<Digest, string>;
  readonly stoppedByHand: ReadonlySet<ServiceName>;
  readonly openBreakers: ReadonlyMap<ServiceName, { readonly at: number; readonly because: string }>;
  /** When the current generation became current, ms since 1970. */
  readonly since: number;
};

export const emptyLedger: LedgerState = {
  current: 0,
  good: [],
  failed: [],
  pending: undefined,
  quarantined: new Map(),
  stoppedByHand: new Set(),
  openBreakers: new Map(),
  since: 0,
};

type Folds = {
  readonly [N in StackEvent["event"]]?: (state: LedgerState, line: Extract<LedgerLine, { readonly event: N }>) => LedgerState;
};

const folds: Folds = {
  pending: (state, { generation, from, verb, at }) => ({ ...state, pending: { generation, from, verb, at } }),
  good: (state, { generation, at }) => ({
    ...state,
    current: generation,
    since: at,
    pending: undefined,
    stoppedByHand: new Set(),
    openBreakers: new Map(),
    good: generation === 0 ? state.good : [...state.good.filter((number) => number !== generation), generation],
  }),
  failed: (state, { generation, digest, because }) => ({
    ...state,
    failed: [...state.failed.filter((number) => number !== generation), generation],
    // A generation that was good once (probation, rollback target) loses that standing.
    good: state.good.filter((number) => number !== generation),
    quarantined: new Map([...state.quarantined, [digest, because]]),
  }),
  refused: (state, { digest, because }) => ({ ...state, quarantined: new Map([...state.quarantined, [digest, because]]) }),
  released: (state, { digest }) => ({ ...state, quarantined: new Map([...state.quarantined].filter(([key]) => key !== digest)) }),
  rolledBack: (state, { generation, at }) => ({ ...state, current: generation, since: at, pending: undefined }),
  stoppedByHand: (state, { service }) => ({ ...state, stoppedByHand: new Set([...state.stoppedByHand, service]) }),
  startedByHand: (state, { service }) => ({
    ...state,
    stoppedByHand: new Set([...state.stoppedByHand].filter((name) => name !== service)),
  }),
  breakerOpened: (state, { service, at, because }) => ({
    ...state,
    openBreakers: new Map([...state.openBreakers, [service, { at, because }]]),
  }),
  breakerClosed: (state, { service }) => ({
    ...state,
    openBreakers: new Map([...state.openBreakers].filter(([name]) => name !== service)),
  }),
};

export function foldLedger(lines: readonly LedgerLine[]): LedgerState {
  return lines.reduce((state, line) => {
    const fold = folds[line.event] as ((state: LedgerState, line: LedgerLine) => LedgerState) | undefined;
    return fold === undefined ? state : fold(state, line);
  }, emptyLedger);
}
