/**
 * Runs inside the machine, as the test's user: a list of port calls on stdin, their answers on stdout, one after the other.
 * `home` gives a call a state and configuration folder of its own. A Map travels as an object, a Set as an array.
 */
import { homedir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { homesOf, statePaths } from "../../src/adapters/files/statePaths.ts";
import type { Podman } from "../../src/adapters/podman/run.ts";
import type { Bus } from "../../src/adapters/systemd/bus.ts";
import { PhoenixError } from "../../src/domain/errors.ts";
import type { Attention } from "../../src/ports/machine.ts";

export type DriverCall = { readonly port: string; readonly verb: string; readonly args: readonly unknown[]; readonly home?: string };
export type DriverAnswer = {
  readonly value?: unknown;
  readonly error?: { readonly code: string; readonly message: string; readonly remedy: string };
  /** What the call's progress callback was told. */
  readonly lines: readonly string[];
};

type Verb = (...args: readonly unknown[]) => Promise<unknown>;

const timeoutMs = Number(process.env["DRIVER_TIMEOUT_MS"] ?? 20_000);
const runtimePath = join(process.env["XDG_RUNTIME_DIR"] ?? "/run", "phoenix");
let now = 1_000;

type Place = { readonly environment: NodeJS.ProcessEnv; readonly paths: ReturnType<typeof statePaths> };

function placeOf(home: string | undefined): Place {
  const own = home === undefined ? {} : { XDG_STATE_HOME: `${home}/state`, XDG_CONFIG_HOME: `${home}/config` };
  const environment = { ...process.env, ...own };
  return { environment, paths: statePaths(homesOf(environment, homedir())) };
}

let bus: Bus | undefined;

async function podmanIn({ environment }: Place): Promise<Podman> {
  const { podmanRunner } = await import("../../src/adapters/podman/run.ts");
  const { openBus } = await import("../../src/adapters/systemd/bus.ts");
  const { transientRunner } = await import("../../src/adapters/systemd/transient.ts");
  const { unitProgram } = await import("../../src/adapters/systemd/unitProgram.ts");
  bus ??= openBus({ mode: "lazy" });
  return podmanRunner({ environment, timeoutMs, asUnit: unitProgram(runtimePath, transientRunner(bus)) });
}

/** A run loads what it needs: one test starts a hundred that need nothing but files. */
const ports: Readonly<Record<string, (place: Place) => Promise<unknown>>> = {
  containers: async (place) => (await import("../../src/adapters/podman/containers.ts")).podmanContainers(await podmanIn(place)),
  images: async (place) => {
    const { podmanImages } = await import("../../src/adapters/podman/images.ts");
    return podmanImages(await podmanIn(place), { runtimePath, pullTimeoutMs: timeoutMs, buildTimeoutMs: timeoutMs });
  },
  objects: async (place) => (await import("../../src/adapters/podman/objects.ts")).podmanObjects(await podmanIn(place)),
  generator: async ({ environment }) =>
    (await import("../../src/adapters/generator/quadlet.ts")).quadletGenerator({ environment, homePath: homedir(), runtimePath }),
  generations: async ({ paths }) => (await import("../../src/adapters/files/generations.ts")).folderGenerations(paths),
  history: async ({ paths }) => {
    const by = `driver${process.env["DRIVER_BY"] ?? ""}`;
    return (await import("../../src/adapters/files/history.ts")).fileHistory({ paths, clock: { now: () => (now += 1) }, by });
  },
  source: async () => (await import("../../src/adapters/files/source.ts")).folderSource(),
  host: async ({ environment }) => (await import("../../src/adapters/host/machine.ts")).thisMachine({ environment, homePath: homedir() }),
};

/** What does not travel as JSON. `history.shorten` gets the service whose lines go. */
const revivers: Readonly<Record<string, (args: readonly unknown[]) => readonly unknown[]>> = {
  generate: ([files]) => [new Map(Object.entries(files as object))],
  retain: ([stack, keep]) => [stack, new Set(keep as readonly unknown[])],
  shorten: ([stack, service]) => [
    stack,
    (lines: readonly { readonly service: string }[]) => lines.filter((line) => line.service !== service),
  ],
};

async function answer({ port, verb, args, home }: DriverCall): Promise<DriverAnswer> {
  const lines: string[] = [];
  const attention: Attention = { progress: (line) => lines.push(line), interrupted: AbortSignal.timeout(interruptMs) };
  const callbacks: Readonly<Record<string, readonly unknown[]>> = {
    pull: [attention],
    build: [attention],
  };
  try {
    const found = ((await ports[port]?.(placeOf(home))) as Readonly<Record<string, Verb>> | undefined)?.[verb];
    if (found === undefined) throw new TypeError(`no verb ${port}.${verb}`);
    const revived = (revivers[verb] ?? ((given) => given))(args);
    return { value: await found(...revived, ...(callbacks[verb] ?? [])), lines };
  } catch (error) {
    if (!(error instanceof PhoenixError)) throw error;
    return { error: { code: error.code, message: error.message, remedy: error.remedy }, lines };
  }
}

/** `DRIVER_INTERRUPT_MS`: a pull or build is interrupted so long after it began. */
const interruptMs = Number(process.env["DRIVER_INTERRUPT_MS"] ?? 600_000);

const answers: DriverAnswer[] = [];
for (const call of JSON.parse(await text(process.stdin)) as readonly DriverCall[]) answers.push(await answer(call));
const told = JSON.stringify(answers, (_key, value: unknown) => (value instanceof Map ? Object.fromEntries(value) : value));
process.stdout.write(told, () => bus?.close());
