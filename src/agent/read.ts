import { foldLedger, type LedgerLine } from "../domain/ledger.ts";
import type { ServiceName, StackName } from "../domain/words.ts";
import { isOneshot } from "../plan/observed.ts";
import type { Ports } from "../ports/ports.ts";
import type { StackMemory } from "./memory.ts";
import { originOf } from "./origin.ts";
import { rememberStack } from "./remember.ts";

/** How the live link is called among missing files. */
const liveLink = "the live link";

type ReadPorts = Pick<Ports, "history" | "generations" | "clock">;

/** What was read, and the ledger lines that are new since the last time. */
export type ReadStack = { readonly stack: StackMemory; readonly news: readonly LedgerLine[]; readonly damaged: readonly number[] };

/** Reads a stack from the disk; undefined when there is nothing (any more) to look after. */
export async function readStack(name: StackName, before: StackMemory | undefined, ports: ReadPorts): Promise<ReadStack | undefined> {
  const { lines, damaged } = await ports.history.read(name);
  const ledger = foldLedger(lines);
  if (lines.length === 0) return undefined;
  const generation = await ports.generations.read(name, ledger.current);
  const at = { now: ports.clock.now(), nowMs: ports.clock.monotonic() };
  const from = originOf(lines, at).from;
  const isKnown = before?.generation.number === generation.number;
  const stack = rememberStack(before, {
    ...at,
    generation,
    lines,
    previous: isKnown || from === 0 ? undefined : await ports.generations.read(name, from).catch(() => undefined),
    missingUnitFiles: ledger.pending === undefined ? await missingUnitFiles(generation, ports) : [],
    oneshots: isKnown ? oneshotsOf(before) : new Set(generation.units.filter(isOneshot).map(({ service }) => service)),
  });
  // A ledger that was compacted is shorter than before: nothing in it is new.
  return { stack, news: before === undefined ? [] : lines.slice(before.lines), damaged };
}

function oneshotsOf(stack: StackMemory): ReadonlySet<ServiceName> {
  return new Set([...stack.services.values()].filter(({ oneshot }) => oneshot).map(({ unit }) => unit.service));
}

/** Unit files that are gone, or the live link itself. Edited files are drift: shown, never overwritten (D9). */
async function missingUnitFiles(
  { number, stack, drift = [] }: Awaited<ReturnType<ReadPorts["generations"]["read"]>>,
  ports: ReadPorts,
): Promise<readonly string[]> {
  if (number === 0) return [];
  const files = drift.filter(({ kind }) => kind === "missing").map(({ file }) => file);
  return (await ports.generations.live(stack)) === 0 ? [liveLink, ...files] : files;
}
