import * as z from "zod";
import { retain } from "../deploy/retain.ts";
import { compactLedger } from "../domain/compact.ts";
import { PhoenixError } from "../domain/errors.ts";
import type { StackName } from "../domain/words.ts";
import type { Ports } from "../ports/ports.ts";
import type { Schedule, ScheduledWork } from "../ports/schedule.ts";

/** The one thing that must be remembered about maintenance: when it should run next. Milliseconds since 1970. */
const memo = z.object({ schedule: z.string(), nextRun: z.number(), lastRun: z.number().optional() });

export type MaintenanceOptions = {
  readonly expression: string;
  readonly schedule: Schedule;
  readonly now: () => number;
  /** The text of a small file of ours. */
  readonly read: () => Promise<string | undefined>;
  readonly write: (text: string) => Promise<void>;
  readonly work: () => Promise<void>;
};

/** Runs the work on schedule, and once at the start when its time passed while nobody was there to do it. */
export async function scheduleMaintenance(options: MaintenanceOptions): Promise<ScheduledWork> {
  const { expression, schedule, now } = options;
  const remember = async (lastRun: number | undefined): Promise<void> =>
    await options.write(
      `${JSON.stringify({ schedule: expression, nextRun: scheduled.nextRun(), ...(lastRun === undefined ? {} : { lastRun }) })}\n`,
    );
  const run = async (): Promise<void> => {
    await options.work();
    await remember(now());
  };
  const scheduled = schedule.start(expression, run);
  const before = readMemo(await options.read());
  if (before !== undefined && before.nextRun <= now()) await run();
  else if (before?.schedule !== expression) await remember(before?.lastRun);
  return scheduled;
}

/** A memo that was damaged is none: then the next run is the next one on schedule. */
function readMemo(text: string | undefined): z.infer<typeof memo> | undefined {
  try {
    return memo.safeParse(JSON.parse(text ?? "")).data;
  } catch {
    return undefined;
  }
}

/** Lines of a ledger that stay whatever they say. */
const keptLines = 1000;

/** Retention and ledger compaction of every stack. One that is being changed right now is left for the next time. */
export async function maintainStacks(ports: Ports): Promise<void> {
  for (const stack of await ports.history.stacks()) {
    try {
      await ports.lane.hold(stack, 0, () => maintainStack(stack, ports));
    } catch (error) {
      if (error instanceof PhoenixError && error.code === "lane-taken") continue;
      ports.journal.say(4, `${stack}: maintenance failed: ${error instanceof Error ? error.message : String(error)}`, {
        PHOENIX_STACK: stack,
      });
    }
  }
}

async function maintainStack(stack: StackName, ports: Ports): Promise<void> {
  await retain(stack, ports);
  const { before, after } = await ports.history.shorten(stack, (lines) => compactLedger(lines, keptLines));
  if (after === before) return;
  ports.journal.say(6, `${stack}: shortened the history from ${before} to ${after} lines`, { PHOENIX_STACK: stack });
}
