import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

export type WorkerProcess = {
  readonly process: ChildProcess;
  /** Everything it said so far. */
  readonly said: () => string;
  readonly signal: (signal: NodeJS.Signals) => void;
  readonly ended: Promise<unknown>;
};

/** A worker in a process of its own, so that it can be killed like one. */
export function startWorker(url: string, leaseMs: number): WorkerProcess {
  const path = fileURLToPath(new URL("worker-process.js", import.meta.url));
  const child = spawn(process.execPath, [path, url, String(leaseMs)], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  return { process: child, said: () => said, signal: (signal) => child.kill(signal), ended: once(child, "exit") };
}
