import type { EveryStep, VariantOptions } from "./every-step.ts";
import { type Found, lookUntilRight } from "./invariants.ts";
import type { Machine } from "./machine.ts";

/**
 * For `installAgent`: the agent reads its failpoint from a file that goes when it ends, so only the first one is killed there and the one
 * that systemd starts next is not.
 */
export const oneFailpoint = "[Service]\nEnvironmentFile=-%t/phoenix-failpoint\nExecStopPost=/bin/rm -f %t/phoenix-failpoint\n";

/** A deploy is cut off once it is pending; the agent that finishes it is killed at a place; waits until the next agent has put all right. */
export async function nextAgentRescues(
  m: Machine,
  stack: EveryStep,
  variant: number,
  place: { readonly name: string; readonly change: VariantOptions },
): Promise<{ readonly found: Found; readonly kills: number }> {
  await stack.write(variant, place.change);
  await m.stdout(`systemctl --user stop phoenix.service
    echo PHOENIX_FAILPOINT=${place.name} >"$XDG_RUNTIME_DIR/phoenix-failpoint"
    systemctl --user start phoenix.service`);
  const deploy = await m.phoenix(["deploy", stack.stack], { env: { PHOENIX_FAILPOINT: "after:record-pending" } });
  if (deploy.exitCode !== 137) throw new Error(`not cut off: ${deploy.exitCode} ${deploy.stdout}${deploy.stderr}`);
  const found = await lookUntilRight(m, stack, 45_000, ({ variant: runs }) => runs === String(variant));
  // Killed after its last step it leaves nothing to put right: all is well before systemd has counted the restart.
  const kills = async (): Promise<number> => Number(await m.stdout("systemctl --user show -P NRestarts phoenix.service"));
  await m.waitFor("the agent was killed", async () => (await kills()) > 0, 5_000).catch(() => {});
  return { found, kills: await kills() };
}
