import { rm } from "node:fs/promises";
import { sweep } from "./boot.ts";
import { layoutOf, type SandboxLayout } from "./layout.ts";
import { leaderOf } from "./leader.ts";
import { withLock } from "./lock.ts";
import { stopNetwork } from "./network.ts";
import { isAlive, pollUntil } from "./process.ts";
import { type Progress, silent } from "./progress.ts";
import { sandboxRun } from "./run.ts";
import { readState } from "./state.ts";

const powerOffMs = 20_000;

export type SandboxDownOptions = {
  readonly name?: string;
  /** Also removes the machine's files; the cached root filesystem stays. */
  readonly delete?: boolean;
  readonly onProgress?: Progress;
};

/** Powers the sandbox off and takes away everything it put on the host. Nothing to do is fine. */
export async function sandboxDown(options: SandboxDownOptions = {}): Promise<void> {
  const layout = layoutOf(options.name);
  const progress = options.onProgress ?? silent;
  await withLock(layout.lockPath, 300_000, async () => {
    await powerOff(layout, progress);
    await clearRun(layout);
    if (options.delete === true) {
      progress(`Removing ${layout.instancePath}`);
      await rm(layout.instancePath, { recursive: true, force: true });
    }
    progress(`The sandbox '${layout.name}' is down.`);
  });
}

/** Removes what a run leaves on the host, whatever state it is in: processes, control groups, network. The caller holds the lock. */
export async function clearRun(layout: SandboxLayout): Promise<void> {
  const state = await readState(layout);
  await sweep(layout);
  await stopNetwork(layout, state?.pasta);
  await rm(layout.runtimePath, { recursive: true, force: true });
}

async function powerOff(layout: SandboxLayout, progress: Progress): Promise<void> {
  const state = await readState(layout);
  if (state === undefined || (await leaderOf(state)) === undefined) return;
  await sandboxRun({
    name: layout.name,
    user: "root",
    argv: ["systemctl", "poweroff", "--no-block"],
    stdio: "capture",
    timeoutMs: 5_000,
  }).catch(() => undefined);
  const ended = await pollUntil(async () => ((await isAlive(state.supervisor)) ? undefined : true), powerOffMs);
  if (ended === undefined) progress(`The sandbox did not power off within ${powerOffMs / 1000} s: ending its processes.`);
}
