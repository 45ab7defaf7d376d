import type { Ms, ServiceName } from "../domain/words.ts";
import type { Ports } from "../ports/ports.ts";

/**
 * Restarts a service, and kills it whole when it has not stopped within its grace: a process that hangs in SIGSTOP takes no SIGTERM,
 * and a plain restart waits ten seconds for it where this one needs a third of a second. The job goes on and starts it again.
 */
export async function restartWithin(
  { service, graceMs, startWaitMs }: { readonly service: ServiceName; readonly graceMs: Ms; readonly startWaitMs: Ms },
  { units, clock }: Pick<Ports, "units" | "clock">,
): Promise<void> {
  const before = (await units.list([service]))[0]?.invocation;
  const over = new AbortController();
  const job = units.job("restart", service, graceMs + startWaitMs).finally(() => over.abort());
  const grace = async (): Promise<void> => {
    await clock.sleep(graceMs, over.signal);
    if (over.signal.aborted) return;
    const [now] = await units.list([service]);
    // A new invocation: it has stopped, and is taking its time to start.
    const isStillThere = now?.activeState === "deactivating" || now?.activeState === "active";
    if (isStillThere && now?.invocation === before) await units.kill(service);
  };
  await Promise.all([job, grace()]);
}
