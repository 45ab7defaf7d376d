import { randomBytes } from "node:crypto";
import { uptime } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { ProbeResult } from "../../domain/policy.ts";
import { showDuration } from "../../domain/time.ts";
import type { Ms } from "../../domain/words.ts";
import { type ProgramResult, runProgram } from "../host/program.ts";
import type { Order } from "./once.ts";
import { answerOf, failure, type NetworkProbe, success, unasked, type Verdict } from "./question.ts";
import { type Leftovers, markVariable } from "./reap.ts";
import { readAnswer } from "./wire.ts";

export type InContainer = {
  readonly exec: (container: string, argv: readonly string[], timeoutMs: Ms) => Promise<ProbeResult>;
  readonly healthcheck: (container: string, timeoutMs: Ms) => Promise<ProbeResult>;
  /** Asks from inside the container's network namespace, at its own loopback. */
  readonly namespace: (container: string, probe: NetworkProbe, timeoutMs: Ms) => Promise<ProbeResult>;
  /** Until nothing is left of probes that timed out. */
  readonly settled: () => Promise<void>;
};

export type InContainerOptions = {
  /** Without what podman must not inherit. */
  readonly environment: Readonly<Record<string, string>>;
  /** How to start this very program: node and the bundle. */
  readonly selfArgv: readonly [string, ...string[]];
};

/** What podman itself needs around a question, on a busy machine. */
const podmanMs: Ms = 5_000;
/** `exec "$0"`: the program's own output is of no interest, and may be endless. */
const withoutOutput = ["/bin/sh", "-c", 'exec "$0" "$@" >/dev/null'] as const;

/** Probes that go through podman: dear (a tenth of a second of CPU each), for what the prober cannot reach. */
export function probesInContainer(options: InContainerOptions): InContainer {
  const { environment, selfArgv } = options;
  const unfinished = new Map<string, Promise<unknown>>();
  const podman = async (args: readonly string[], timeoutMs: Ms, input?: string): Promise<ProgramResult> =>
    await runProgram({ argv: ["podman", ...args], environment, timeoutMs, ...(input === undefined ? {} : { input }) });

  const reapOnce = async (leftovers: Leftovers): Promise<number> => {
    const order: Order = { reap: leftovers };
    const { stdout } = await podman(["unshare", ...selfArgv, "probe-once"], podmanMs, JSON.stringify(order));
    return Number(/^\{"killed":(\d+)\}$/.exec(stdout.trim())?.[1] ?? 0);
  };

  /** Nothing was running = podman had not come that far: no verdict about the container. */
  const reapAll = async (client: Promise<ProgramResult>, leftovers: () => Leftovers): Promise<number> => {
    let killed = 0;
    for (let ended = false; !ended; ) {
      killed += await reapOnce(leftovers());
      ended = (await within(client, 500)) !== undefined;
    }
    // Between the last look and its end the client may have started what it was told to.
    return killed === 0 ? await reapOnce(leftovers()) : killed;
  };

  /** One at a time for a container after a timeout: a hung probe must not pile up. */
  const limited = async (container: string, args: readonly string[], timeoutMs: Ms, mark?: string): Promise<ProbeResult> => {
    await unfinished.get(container);
    const started = performance.now();
    const elapsed = () => performance.now() - started;
    const sinceUptimeMs = uptime() * 1000 - 20;
    const argv = [...withoutOutput, "podman", ...args] as const;
    const client = runProgram({ argv, environment, timeoutMs: timeoutMs + podmanMs });
    const result = await within(client, timeoutMs);
    if (result?.end === "exited") return answerOf(verdictOfExit(result), elapsed());
    if (result !== undefined && result.end !== "too much output") return answerOf(unasked(`podman: ${result.end}`), elapsed());
    const reaping = reapAll(client, () => (mark === undefined ? { by: "age", container, sinceUptimeMs } : { by: "mark", mark }));
    const settled = Promise.allSettled([unfinished.get(container), reaping]);
    unfinished.set(container, settled);
    const killed = await reaping;
    if (unfinished.get(container) === settled) unfinished.delete(container);
    if (result !== undefined) return answerOf(failure("printed too much"), timeoutMs);
    const limit = showDuration(timeoutMs);
    return answerOf(killed > 0 ? failure(`no end within ${limit}, killed`) : unasked(`podman did not start it within ${limit}`), timeoutMs);
  };

  return {
    exec: async (container, argv, timeoutMs) => {
      const mark = randomBytes(12).toString("hex");
      return await limited(container, ["exec", `--env=${markVariable}=${mark}`, container, ...argv], timeoutMs, mark);
    },
    healthcheck: async (container, timeoutMs) => await limited(container, ["healthcheck", "run", container], timeoutMs),
    namespace: async (container, probe, timeoutMs) => {
      const started = performance.now();
      const found = await podman(["container", "inspect", "--format={{.State.Pid}}", container], podmanMs);
      if (found.end !== "exited") return answerOf(unasked(`podman: ${found.end}`));
      if (found.exitCode !== 0) return answerOf(verdictOfExit(found));
      const pid = Number(found.stdout.trim());
      if (!(pid > 0)) return answerOf(failure("the container is not running"));
      const order: Order = { ask: { probe, timeoutMs, target: { kind: "direct", host: "127.0.0.1", port: probe.port } } };
      const args = ["unshare", "nsenter", "--target", String(pid), "--net", "--", ...selfArgv, "probe-once"];
      const { stdout } = await podman(args, timeoutMs + podmanMs, JSON.stringify(order));
      const answer = readAnswer(`{"id":0,"answer":${stdout.trim()}}`)?.answer;
      return answer ?? answerOf(unasked("could not enter the container's namespace"), performance.now() - started);
    },
    settled: async () => {
      await Promise.allSettled(unfinished.values());
    },
  };
}

/** Podman's own exit codes also are what a program may end with: only its message tells them apart. */
function verdictOfExit({ exitCode, stderr }: ProgramResult): Verdict {
  if (exitCode === 0) return success("exit code 0");
  const said = /^Error: (.*)$/m.exec(stderr.trimEnd().split("\n").at(-1) ?? "")?.[1];
  if (said === undefined || !(exitCode === undefined || exitCode >= 125)) return failure(`exit code ${exitCode ?? "unknown"}`);
  if (/no such container|no container with name|state improper|is not running|can only create exec sessions/.test(said)) {
    return failure("the container is not running");
  }
  return unasked(`podman: ${said.slice(0, 200)}`);
}

async function within<T>(work: Promise<T>, timeoutMs: Ms): Promise<T | undefined> {
  const timer = new AbortController();
  try {
    return await Promise.race([work, sleep(timeoutMs, undefined, { signal: timer.signal }).catch(() => undefined)]);
  } finally {
    timer.abort();
  }
}
