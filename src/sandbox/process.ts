import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** A process that cannot be mistaken for a later one with the same id, not even after a reboot of the host. */
export type ProcessMark = { readonly pid: number; readonly startTicks: string; readonly bootId: string };

/** The mark of a running process; undefined when there is none (a zombie counts as none). */
export async function markOf(pid: number): Promise<ProcessMark | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The command name may hold blanks and brackets: the fixed fields begin after the last bracket.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const startTicks = fields[19];
    if (startTicks === undefined || fields[0] === "Z" || fields[0] === "X") return undefined;
    const bootId = (await readFile("/proc/sys/kernel/random/boot_id", "utf8")).trim();
    return { pid, startTicks, bootId };
  } catch {
    return undefined;
  }
}

export async function isAlive(mark: ProcessMark | undefined): Promise<boolean> {
  if (mark === undefined) return false;
  const now = await markOf(mark.pid);
  return now !== undefined && now.startTicks === mark.startTicks && now.bootId === mark.bootId;
}

/** Sends a signal to exactly the marked process; says whether it was there. */
export async function signal(mark: ProcessMark | undefined, name: NodeJS.Signals): Promise<boolean> {
  if (mark === undefined || !(await isAlive(mark))) return false;
  try {
    process.kill(mark.pid, name);
    return true;
  } catch {
    return false;
  }
}

export async function childrenOf(pid: number): Promise<readonly number[]> {
  try {
    const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8");
    return text.split(" ").filter(Boolean).map(Number);
  } catch {
    return [];
  }
}

/** Whether the process is the first one of a PID namespace of its own. */
export async function isNamespaceInit(pid: number): Promise<boolean> {
  try {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    return /^NSpid:\s+\d+(?:\s+\d+)*\s+1$/m.test(status);
  } catch {
    return false;
  }
}

/** Asks again and again until the answer is not undefined or the time is over. */
export async function pollUntil<T>(ask: () => Promise<T | undefined>, timeoutMs: number, periodMs = 50): Promise<T | undefined> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined || performance.now() >= end) return answer;
    await sleep(periodMs);
  }
}
