import { setTimeout as sleep } from "node:timers/promises";

/** Asks until it is true; says what it waited for when the time is over. */
export async function waitFor(what: string, ask: () => boolean | Promise<boolean>, deadlineMs = 15_000): Promise<void> {
  const end = performance.now() + deadlineMs;
  while (!(await ask())) {
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await sleep(20);
  }
}
