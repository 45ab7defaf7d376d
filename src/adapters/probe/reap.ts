import { readdirSync, readFileSync } from "node:fs";

/**
 * Kills what a timed-out probe left inside a container. Killing the `podman exec` client leaves its process running in there, and
 * nothing in the container need have a `timeout` program. Runs inside Podman's user namespace: only there are the processes of
 * container users readable and ours to kill.
 */
export type Leftovers =
  /** Processes that carry our mark in their environment: everything that an exec probe started, detached children too. */
  | { readonly by: "mark"; readonly mark: string }
  /** `podman healthcheck run` takes no environment: non-interactive execs of the container that began within the probe's time. */
  | { readonly by: "age"; readonly container: string; readonly sinceUptimeMs: number };

export const markVariable = "PHOENIX_PROBE";

type Process = {
  readonly pid: number;
  readonly parent: number;
  readonly session: number;
  readonly state: string;
  readonly startTicks: number;
};

/** Linux reports process times in hundredths of a second, whatever the kernel's own tick is. */
const tickMs = 10;
/** A fork bomb wins a race of scan and kill; it must not keep us for ever. */
const roundLimit = 50;

/** Kills until a whole scan finds nothing. Returns how many processes there were. */
export function reap(leftovers: Leftovers): number {
  const killed = new Set<number>();
  for (let round = 0; round < roundLimit; round += 1) {
    const found = findLeftovers(leftovers);
    if (found.length === 0) break;
    for (const pid of found) {
      killed.add(pid);
      kill(pid);
    }
  }
  return killed.size;
}

function findLeftovers(leftovers: Leftovers): readonly number[] {
  const processes = listProcesses();
  const isSeed = leftovers.by === "mark" ? carriesMark(leftovers.mark) : isRecentExec(leftovers, processes);
  const found = new Set(processes.filter(isSeed).map(({ pid }) => pid));
  // Children that emptied their environment still have a parent or a session of ours, even when the session's leader has ended.
  const alive = new Set(processes.map(({ pid }) => pid));
  const sessions = new Set<number>();
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { pid, parent, session } of processes) {
      if (found.has(parent) || sessions.has(session)) found.add(pid);
      if (found.has(pid) && session > 0 && (found.has(session) || !alive.has(session))) sessions.add(session);
    }
  }
  return [...found];
}

function carriesMark(mark: string): (process: Process) => boolean {
  const entry = `\0${markVariable}=${mark}\0`;
  return ({ pid }) => `\0${read(`/proc/${pid}/environ`)}`.includes(entry);
}

/** The first process of an exec session is the child of a conmon of its own, which names the container. */
function isRecentExec(leftovers: Extract<Leftovers, { by: "age" }>, processes: readonly Process[]): (process: Process) => boolean {
  const monitors = new Set(
    processes
      .filter(({ pid, startTicks }) => {
        if (startTicks * tickMs < leftovers.sinceUptimeMs) return false;
        const words = read(`/proc/${pid}/cmdline`).split("\0");
        const isExec = words[0]?.endsWith("conmon") === true && words.includes("--exec-attach") && !words.includes("-t");
        return isExec && words[words.indexOf("-n") + 1] === leftovers.container;
      })
      .map(({ pid }) => pid),
  );
  // An exec probe of ours has its own deadline.
  return ({ pid, parent }) => monitors.has(parent) && !read(`/proc/${pid}/environ`).includes(`${markVariable}=`);
}

/** Every process that has not ended yet. */
function listProcesses(): readonly Process[] {
  return readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    const stat = read(`/proc/${name}/stat`);
    // The command name may hold blanks and brackets: the fixed fields begin after the last bracket.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state = "Z", parent, , session] = fields;
    if (stat === "" || state === "Z" || state === "X") return [];
    return [{ pid: Number(name), parent: Number(parent), session: Number(session), state, startTicks: Number(fields[19]) }];
  });
}

/** Empty when the process has ended or is not ours to see. */
function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It ended by itself.
  }
}
