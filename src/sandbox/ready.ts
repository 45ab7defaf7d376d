import { PhoenixError } from "../domain/errors.ts";
import { layoutOf, type SandboxLayout } from "./layout.ts";
import { leaderOf } from "./leader.ts";
import { isAlive, pollUntil } from "./process.ts";
import { sandboxRun } from "./run.ts";
import { readState } from "./state.ts";

const bootTimeoutMs = 60_000;

/** Reboots the sandbox from inside, as a person would, and waits until it is ready again. Network and forwarded ports stay. */
export async function sandboxReboot(options: { readonly name?: string } = {}): Promise<void> {
  const layout = layoutOf(options.name);
  const before = await leaderOf(await readState(layout));
  await sandboxRun({ name: layout.name, user: "root", argv: ["systemctl", "reboot", "--no-block"], stdio: "capture", timeoutMs: 10_000 });
  const gone = await pollUntil(async () => ((await leaderOf(await readState(layout))) === before ? undefined : true), bootTimeoutMs);
  if (gone === undefined)
    throw new PhoenixError("sandbox-failed", `The sandbox '${layout.name}' did not shut down within ${bootTimeoutMs / 1000} s.`);
  await waitUntilReady(layout);
}

/** Ready = the system has finished booting and the user manager of `phoenix` answers. */
export async function waitUntilReady(layout: SandboxLayout): Promise<void> {
  const script = `systemctl is-system-running --wait >/dev/null 2>&1
until systemctl is-active --quiet user@1000.service && [ -S /run/user/1000/bus ]; do sleep 0.05; done`;
  const state = await readState(layout);
  const ready = await pollUntil(async () => {
    if (!(await isAlive(state?.supervisor))) return "ended" as const;
    const result = await sandboxRun({
      name: layout.name,
      user: "root",
      argv: ["sh", "-c", script],
      stdio: "capture",
      timeoutMs: 30_000,
    }).catch(() => undefined);
    return result?.exitCode === 0 ? ("ready" as const) : undefined;
  }, bootTimeoutMs);
  if (ready === "ready") return;
  const what = ready === "ended" ? "ended while it booted" : `did not finish booting within ${bootTimeoutMs / 1000} s`;
  throw new PhoenixError("sandbox-failed", `The sandbox '${layout.name}' ${what}.`);
}
