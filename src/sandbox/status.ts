import { layoutOf } from "./layout.ts";
import { leaderOf } from "./leader.ts";
import type { ForwardedPort } from "./network.ts";
import { isAlive } from "./process.ts";
import { exists } from "./rootfs.ts";
import { type BindReadOnly, readState } from "./state.ts";

export type SandboxStatus = {
  readonly name: string;
  /** `broken` = parts of an earlier run are left: the next `up` or `down` clears them. `starting` covers a reboot too. */
  readonly state: "absent" | "stopped" | "starting" | "running" | "broken";
  readonly ports: readonly ForwardedPort[];
  readonly bindReadOnly: readonly BindReadOnly[];
  /** PID 1 of the sandbox, seen from the host. */
  readonly leader: number | undefined;
  readonly rootPath: string;
  readonly logPath: string;
};

export async function sandboxStatus(options: { readonly name?: string } = {}): Promise<SandboxStatus> {
  const layout = layoutOf(options.name);
  const run = await readState(layout);
  const leader = await leaderOf(run);
  return {
    name: layout.name,
    state: await stateNow(),
    ports: run?.ports ?? [],
    bindReadOnly: run?.bindReadOnly ?? [],
    leader,
    rootPath: layout.rootPath,
    logPath: layout.logPath,
  };

  async function stateNow(): Promise<SandboxStatus["state"]> {
    if (run === undefined) return (await exists(layout.rootPath)) ? "stopped" : "absent";
    const [supervised, networked] = [await isAlive(run.supervisor), await isAlive(run.pasta)];
    if (!supervised || !networked) return "broken";
    return leader === undefined ? "starting" : "running";
  }
}
