/** Runs the adapter driver inside a machine: port calls in, answers out. */
import { basename } from "node:path";
import { build } from "esbuild";
import type { DriverAnswer, DriverCall } from "./adapter-driver.ts";
import type { Machine, RunOptions } from "./machine.ts";

export type { DriverAnswer, DriverCall } from "./adapter-driver.ts";

type AskOptions = RunOptions & { /** A state and configuration folder of its own. */ readonly home?: string };

export type Adapters = {
  /** Where the driver lies, for a test that starts it itself. */
  readonly driverPath: string;
  /** Several calls, one after the other, in one process. */
  ask(calls: readonly DriverCall[], options?: RunOptions): Promise<readonly DriverAnswer[]>;
  one(what: string, args?: readonly unknown[], options?: AskOptions): Promise<DriverAnswer>;
  /** What the call returned; a failure throws. */
  value<T>(what: string, args?: readonly unknown[], options?: AskOptions): Promise<T>;
};

/** tap's own NODE_OPTIONS, which it puts into every child, names files that the sandbox does not have. */
export const withoutTap = ["env", "--unset=NODE_OPTIONS"] as const;

/** Puts the driver into the home of the machine's user. */
export async function adaptersOn(m: Machine): Promise<Adapters> {
  const folder = `${m.home}/driver`;
  const driverPath = `${folder}/adapter-driver.mjs`;
  await Promise.all((await bundleDriver()).map(({ name, text }) => m.writeFile(`${folder}/${name}`, text)));
  const ask: Adapters["ask"] = async (calls, options = {}) => {
    const result = await m.run([...withoutTap, "node", driverPath], { timeoutMs: 120_000, ...options, input: JSON.stringify(calls) });
    if (result.exitCode !== 0) throw new Error(`driver: exit ${result.exitCode}\n${result.stderr}`);
    return JSON.parse(result.stdout) as readonly DriverAnswer[];
  };
  const one: Adapters["one"] = async (what, args = [], { home, ...options } = {}) => {
    const [answer] = await ask([call(what, args, home)], options);
    if (answer === undefined) throw new Error("no answer");
    return answer;
  };
  return { driverPath, ask, one, value: async (what, args, options) => got(await one(what, args, options)) };
}

/** `generations.read` with its arguments, optionally in a home of its own. */
export function call(what: string, args: readonly unknown[] = [], home?: string): DriverCall {
  const [port = "", verb = ""] = what.split(".");
  return { port, verb, args, ...(home === undefined ? {} : { home }) };
}

/** What one of several calls returned. */
export function got<T>(answer: DriverAnswer | undefined): T {
  if (answer === undefined || answer.error !== undefined) throw new Error(`${answer?.error?.code}: ${answer?.error?.message}`);
  return answer.value as T;
}

/** In pieces, each loaded when it is needed. */
async function bundleDriver(): Promise<readonly { readonly name: string; readonly text: string }[]> {
  const { outputFiles } = await build({
    entryPoints: ["test/support/adapter-driver.ts"],
    outdir: "driver",
    write: false,
    bundle: true,
    splitting: true,
    platform: "node",
    target: "node20",
    format: "esm",
    outExtension: { ".js": ".mjs" },
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    external: ["usocket", "x11"],
  });
  return outputFiles.map(({ path, text }) => ({ name: basename(path), text }));
}
