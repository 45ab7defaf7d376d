import { spawn } from "node:child_process";
import { createInterface } from "node:readline/promises";
import type { CliContext } from "./cli/context.ts";
import { runCli } from "./cli/program.ts";
import { PhoenixError } from "./domain/errors.ts";
import { sandbox } from "./sandbox/port.ts";

/** Wires adapters to the program. The only file that knows both. */
const interrupted = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted.abort());
// `phoenix history | head` closes the pipe early: that is no error of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});

const context: CliContext = {
  ports: () => Promise.reject(new PhoenixError("usage", "This build has no verbs that need the machine yet.")),
  sandbox,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
  isTerminal: process.stdout.isTTY === true,
  color: process.stdout.isTTY === true && process.env["NO_COLOR"] === undefined,
  cwd: process.cwd(),
  version: process.env["PHOENIX_VERSION"] ?? "0.0.0-unbundled",
  interrupted: interrupted.signal,
  confirm,
  attach,
  agent: () => Promise.resolve(1),
  prober: () => Promise.resolve(1),
};

process.exitCode = await runCli(process.argv.slice(2), context);

async function confirm(question: string): Promise<boolean> {
  if (process.stdin.isTTY !== true) return false;
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await prompt.question(`${question} [y/N] `)).trim());
  } finally {
    prompt.close();
  }
}

function attach([command, ...args]: readonly [string, ...string[]]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: "inherit" });
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve(signal === null ? (code ?? 1) : 130));
  });
}
