import { spawn } from "node:child_process";
import { createInterface } from "node:readline/promises";
import { fileURLToPath } from "node:url";
import type { CliContext } from "../cli/context.ts";
import type { Ports } from "../ports/ports.ts";
import type { Sandbox } from "../ports/sandbox.ts";
import { failpointOf } from "./failpoint.ts";

export type CommandLine = { readonly context: CliContext; readonly close: () => Promise<void> };

/** This bundle, started again: `namespace` probes run it inside a container's network. */
const selfArgv: readonly [string, ...string[]] = [process.execPath, fileURLToPath(import.meta.url)];

/** What the verbs get. Adapters are loaded when a verb asks for them: `--help` and completion must not pay for D-Bus. */
export function commandLine(): CommandLine {
  const interrupted = new AbortController();
  let connected: Promise<Connected> | undefined;
  const once = (): Promise<Connected> => {
    // Only a verb that may change something needs the gentle Ctrl-C; the others just end.
    if (connected === undefined) for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, interruptOnce(interrupted));
    connected ??= connect();
    return connected;
  };
  const context: CliContext = {
    ports: async () => (await once()).ports,
    files: async () => {
      const [{ folderSource }, { newFolders }] = await Promise.all([
        import("../adapters/files/source.ts"),
        import("../adapters/files/folders.ts"),
      ]);
      return { source: folderSource(), folders: newFolders };
    },
    askAgent: async () => await (await once()).askAgent(),
    sandbox: lazySandbox,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    isTerminal: process.stdout.isTTY === true,
    color: process.stdout.isTTY === true && (process.env["NO_COLOR"] ?? "") === "",
    cwd: process.cwd(),
    environment: process.env,
    version: process.env["PHOENIX_VERSION"] ?? "0.0.0",
    interrupted: interrupted.signal,
    failpoint: failpointOf(process.env),
    confirm,
    attach,
    agent: async () => await (await import("./agent.ts")).runAgent(),
    prober: async () => await (await import("./prober.ts")).runProberProcess(),
    probeOnce: async () => await (await import("../adapters/probe/once.ts")).runProbeOnce(),
  };
  return { context, close: async () => await (await connected?.catch(() => undefined))?.close() };
}

type Connected = Pick<CliContext, "askAgent"> & { readonly ports: Ports; readonly close: () => Promise<void> };

async function connect(): Promise<Connected> {
  const [{ openBus }, { askAgent }, { connectPorts }, { terminalJournal }, { journalThroughLogger }] = await Promise.all([
    import("../adapters/systemd/bus.ts"),
    import("../adapters/systemd/agentClient.ts"),
    import("./ports.ts"),
    import("../adapters/journal/terminalJournal.ts"),
    import("../adapters/journal/throughLogger.ts"),
  ]);
  const bus = openBus({ mode: "lazy" });
  const journalled: Promise<unknown>[] = [];
  const verb = process.argv[2]?.replace(/[^a-z-]/g, "") ?? "";
  const ports = await connectPorts({
    bus,
    journal: terminalJournal({ verbose: false }),
    by: `phoenix ${verb} (${process.pid})`,
    // The journal is where a person looks first, and the agent may not be running.
    recorded: (stack, line) => void journalled.push(journalThroughLogger(stack, line)),
    selfArgv,
  });
  return {
    ports,
    askAgent: () => askAgent(bus).catch(() => undefined),
    close: async () => {
      await Promise.all(journalled);
      await ports.prober.close();
      bus.close();
    },
  };
}

const lazySandbox: Sandbox = {
  up: async (options) => await (await import("../sandbox/port.ts")).sandbox.up(options),
  run: async (options) => await (await import("../sandbox/port.ts")).sandbox.run(options),
  down: async (options) => await (await import("../sandbox/port.ts")).sandbox.down(options),
  status: async (options) => await (await import("../sandbox/port.ts")).sandbox.status(options),
  images: async (options) => await (await import("../sandbox/port.ts")).sandbox.images(options),
};

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

/** One Ctrl-C often arrives twice, from the terminal and from a wrapper such as timeout(1): only a later one means "at once". */
function interruptOnce(interrupted: AbortController): (signal: NodeJS.Signals) => void {
  let firstAtMs: number | undefined;
  return (signal) => {
    firstAtMs ??= performance.now();
    interrupted.abort();
    if (performance.now() - firstAtMs < 1_000) return;
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  };
}
