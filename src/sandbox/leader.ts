import { readFile } from "node:fs/promises";
import { childrenOf, isAlive, isNamespaceInit } from "./process.ts";
import { markerPath } from "./recipe.ts";
import { exists } from "./rootfs.ts";
import type { RunState } from "./state.ts";

/**
 * The sandbox's PID 1 as the host sees it; a reboot gives it a new one, so it is looked up each time. A process that has not reached
 * its own root yet is not returned: whoever entered it would stand in the host's file system.
 */
export async function leaderOf(state: RunState | undefined): Promise<number | undefined> {
  if (state === undefined || !(await isAlive(state.supervisor))) return undefined;
  for (const child of await childrenOf(state.supervisor.pid)) {
    for (const pid of await childrenOf(child)) {
      if ((await isNamespaceInit(pid)) && (await exists(`/proc/${pid}/root${markerPath}`)) && (await commandName(pid)) === "systemd")
        return pid;
    }
  }
  return undefined;
}

async function commandName(pid: number): Promise<string> {
  return (await readFile(`/proc/${pid}/comm`, "utf8").catch(() => "")).trim();
}
