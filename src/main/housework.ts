import { homedir } from "node:os";
import { homesOf, statePaths } from "../adapters/files/statePaths.ts";
import { stateFile } from "../adapters/files/textFile.ts";
import { maintainStacks, scheduleMaintenance } from "../agent/maintenance.ts";
import { sweepRehearsals } from "../agent/sweep.ts";
import type { Ms } from "../domain/words.ts";
import type { Ports } from "../ports/ports.ts";
import type { Schedule } from "../ports/schedule.ts";

export type Housework = {
  /** Starts, or starts anew with another schedule. */
  readonly schedule: (expression: string) => Promise<void>;
  readonly stop: () => void;
};

/** How long a rehearsal of a running deploy may take: what is older was left behind. */
const rehearsalMs: Ms = 600_000;

/** What the agent does besides watching: nightly maintenance, and the removal of left-over rehearsals. */
export function startHousework(schedule: Schedule, reconcile: () => Promise<void>, ports: Ports): Housework {
  const memo = stateFile(statePaths(homesOf(process.env, homedir())), "maintenance.json");
  let suspects: ReadonlySet<string> = new Set();
  let stopLast = (): void => {};

  const guarded = async (purpose: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
    } catch (error) {
      ports.journal.say(4, `Cannot ${purpose}: ${error instanceof Error ? error.message : String(error)}`);
    }
  };
  const sweep = async (): Promise<void> => {
    suspects = await sweepRehearsals(await ports.history.stacks(), suspects, ports);
  };
  const maintain = async (): Promise<void> => {
    await guarded("do the maintenance", async () => {
      await reconcile();
      await maintainStacks(ports);
      await sweep();
      ports.journal.say(6, "Maintenance is done.");
    });
  };

  void guarded("look for left-over rehearsals", sweep);
  const again = setTimeout(() => void guarded("look for left-over rehearsals", sweep), rehearsalMs);
  return {
    schedule: async (expression) =>
      await guarded("schedule the maintenance", async () => {
        stopLast();
        const { now } = ports.clock;
        const scheduled = await scheduleMaintenance({ expression, schedule, now, ...memo, work: maintain });
        stopLast = scheduled.stop;
      }),
    stop: () => {
      clearTimeout(again);
      stopLast();
    },
  };
}
