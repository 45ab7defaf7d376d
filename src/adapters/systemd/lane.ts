import { PhoenixError } from "../../domain/errors.ts";
import { showDuration } from "../../domain/time.ts";
import type { Ms, StackName } from "../../domain/words.ts";
import type { Lane } from "../../ports/store.ts";
import type { Bus } from "./bus.ts";
import { type HeldName, isAway, ownerPid, takeName } from "./busName.ts";
import { commandOf } from "./process.ts";

const regainTimeoutMs: Ms = 5_000;
const regainPauseMs: Ms = 100;

/** The lane's bus name. A name element must not start with a digit; stack names have no `_`, so nothing can collide. */
export function laneName(stack: StackName): string {
  return `io.phoenix.Lane.${/^[0-9]/.test(stack) ? "_" : ""}${stack}`;
}

/**
 * The right to change a stack, held as a bus name on a connection of its own. If that connection ends while work is going on, the lane
 * is taken again at once (while the bus is away nobody else can take it); only if somebody was faster, the work is told to stop.
 */
export function busLane(bus: Bus): Lane {
  const holder: Lane["holder"] = async (stack) => {
    const pid = await ownerPid(bus, laneName(stack));
    return pid === undefined ? undefined : { pid, command: await commandOf(pid) };
  };

  return {
    holder,
    hold: async (stack, waitMs, work) => {
      const first = await takeName(bus.socketPath, laneName(stack), waitMs);
      if (first === undefined) throw taken(stack, waitMs, await holder(stack));
      const over = new AbortController();
      const gone = new AbortController();
      let held = first;
      const guard = async (): Promise<void> => {
        for (;;) {
          await held.lost;
          if (over.signal.aborted) return;
          const again = await regain(bus.socketPath, stack);
          if (again === undefined) {
            gone.abort(new PhoenixError("lane-lost", `The lane of stack ${stack} was lost while it was being changed.`));
            return;
          }
          held = again;
          if (over.signal.aborted) await held.release();
        }
      };
      void guard();
      try {
        return await work(gone.signal);
      } finally {
        over.abort();
        await held.release();
      }
    },
  };
}

async function regain(socketPath: string, stack: StackName): Promise<HeldName | undefined> {
  const deadline = performance.now() + regainTimeoutMs;
  while (performance.now() < deadline) {
    try {
      return await takeName(socketPath, laneName(stack), 0);
    } catch (error) {
      if (!isAway(error)) return undefined;
    }
    await new Promise((resolve) => setTimeout(resolve, regainPauseMs));
  }
  return undefined;
}

function taken(stack: StackName, waitMs: Ms, holder: { readonly pid: number; readonly command: string } | undefined): PhoenixError {
  const who = holder === undefined ? "another process" : `process ${holder.pid} (${holder.command})`;
  return new PhoenixError(
    "lane-taken",
    `Cannot change stack ${stack}: ${who} is changing it, and was not done within ${showDuration(waitMs)}.`,
  );
}
