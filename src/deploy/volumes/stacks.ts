import type { StackVolumes } from "../../check/volume-uses.ts";
import { PhoenixError } from "../../domain/errors.ts";
import { emptyGeneration, type Generation } from "../../domain/generation.ts";
import { foldLedger } from "../../domain/ledger.ts";
import type { Ms, StackName } from "../../domain/words.ts";
import type { Ports } from "../../ports/ports.ts";

type StackPorts = Pick<Ports, "history" | "generations">;

/** Every stack, with all its generations. */
export async function readStacks(ports: StackPorts): Promise<readonly StackVolumes[]> {
  return await Promise.all((await ports.history.stacks()).map((stack) => readStack(stack, ports)));
}

async function readStack(stack: StackName, ports: StackPorts): Promise<StackVolumes> {
  const ledger = foldLedger((await ports.history.read(stack)).lines);
  const read = await Promise.all(
    (await ports.generations.list(stack)).map(async (number): Promise<Generation | number> => {
      try {
        return await ports.generations.read(stack, number);
      } catch (error) {
        if (error instanceof PhoenixError) return number;
        throw error;
      }
    }),
  );
  const kept = read.filter((one) => typeof one !== "number");
  return {
    stack,
    current: kept.find(({ number }) => number === ledger.current) ?? emptyGeneration(stack),
    kept,
    damaged: read.filter((one) => typeof one === "number"),
  };
}

/** Holds the lanes of several stacks, always in the same order, so that two of us never wait for each other. */
export async function holdLanes<T>(
  stacks: readonly StackName[],
  waitMs: Ms,
  ports: Pick<Ports, "lane">,
  work: () => Promise<T>,
): Promise<T> {
  const [first, ...rest] = [...new Set(stacks)].sort();
  if (first === undefined) return await work();
  return await ports.lane.hold(first, waitMs, () => holdLanes(rest, waitMs, ports, work));
}
