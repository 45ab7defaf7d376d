import { PhoenixError } from "../../domain/errors.ts";
import type { Ms } from "../../domain/words.ts";
import type { Bus } from "./bus.ts";
import { isAway, takeName } from "./busName.ts";
import { names, refusalOf } from "./failure.ts";
import { callManager } from "./manager.ts";

const reloadName = "io.phoenix.Reload";
const turnTimeoutMs: Ms = 120_000;
/** Above the 25 s that other callers give it: a reload runs every generator. */
const reloadTimeoutMs: Ms = 90_000;
/** ReloadLimitIntervalSec= of an administrator, or a manager that was re-executed under our call. */
const retryDelaysMs: readonly Ms[] = [1_000, 2_000, 4_000, 8_000, 15_000];

/**
 * daemon-reload, one at a time over all Phoenix processes: two generators that run at once write into each other's files (podman
 * issue 29004). The answer comes after the reload is complete.
 */
export async function reloadManager(bus: Bus): Promise<void> {
  const turn = await takeName(bus.socketPath, reloadName, turnTimeoutMs);
  if (turn === undefined) {
    throw new PhoenixError("bus-timeout", "Cannot reload the user manager: another Phoenix process has been reloading it for 2 min.");
  }
  try {
    for (const delayMs of retryDelaysMs) {
      try {
        await callManager(bus, "Reload", [], reloadTimeoutMs);
        return;
      } catch (error) {
        if (!mayPass(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, delayMs * (0.75 + Math.random() / 2)));
      }
    }
    await callManager(bus, "Reload", [], reloadTimeoutMs);
  } finally {
    await turn.release();
  }
}

function mayPass(error: unknown): boolean {
  const refusal = refusalOf(error);
  return refusal === names.limitsExceeded || refusal === names.noReply || refusal === names.serviceUnknown || isAway(error);
}
