/**
 * Runs inside the machine, as the test's user: a list of port calls on stdin, their answers on stdout, one after the other.
 * `home` gives a call a state and configuration folder of its own. A Map travels as an object, a Set as an array.
 */
import { homedir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { folderGenerations } from "../../src/adapters/files/generations.ts";
import { fileHistory } from "../../src/adapters/files/history.ts";
import { folderSource } from "../../src/adapters/files/source.ts";
import { homesOf, statePaths } from "../../src/adapters/files/statePaths.ts";
import { quadletGenerator } from "../../src/adapters/generator/quadlet.ts";
import { thisMachine } from "../../src/adapters/host/machine.ts";
import { podmanContainers } from "../../src/adapters/podman/containers.ts";
import { podmanImages } from "../../src/adapters/podman/images.ts";
import { podmanObjects } from "../../src/adapters/podman/objects.ts";
import { podmanRunner } from "../../src/adapters/podman/run.ts";
import { openBus } from "../../src/adapters/systemd/bus.ts";
import { transientRunner } from "../../src/adapters/systemd/transient.ts";
import { unitProgram } from "../../src/adapters/systemd/unitProgram.ts";
import { PhoenixError } from "../../src/domain/errors.ts";

import type { Attention } from "../../src/ports/machine.ts";

export type DriverCall = { readonly port: string; readonly verb: string; readonly args: readonly unknown[]; readonly home?: string };
export type DriverAnswer = {
  readonly value?: unknown;
  readonly error?: { readonly code: string; readonly message: string; readonly remedy: string };
  /** What the call's progress callback was told. */
  readonly lines: readonly string[];
};

const bus = openBus({ mode: "lazy" });

type Verb = (...args: readonly unknown[]) => Promise<unknown>;

function portsFor(home: string | undefined): Readonly<Record<string, unknown>> {
  const environment = {
    ...process.env,
    ...(home === undefined ? {} : { XDG_STATE_HOME: `${home}/state`, XDG_CONFIG_HOME: `${home}/config` }),
  };
  const runtimePath = join(process.env["XDG_RUNTIME_DIR"] ?? "/run", "phoenix");
  const timeoutMs = Number(process.env["DRIVER_TIMEOUT_MS"] ?? 20_000);
  const podman = podmanRunner({ environment, timeoutMs, asUnit: unitProgram(runtimePath, transientRunner(bus)) });
  const paths = statePaths(homesOf(environment, homedir()));
  let now = 1_000;
  return {
    containers: podmanContainers(podman),
    images: podmanImages(podman, { runtimePath, pullTimeoutMs: timeoutMs, buildTimeoutMs: timeoutMs }),
    objects: podmanObjects(podman),
    generator: quadletGenerator({ environment, homePath: homedir(), runtimePath }),
    generations: folderGenerations(paths),
    history: fileHistory({ paths, clock: { now: () => (now += 1) }, by: `driver${process.env["DRIVER_BY"] ?? ""}` }),
    source: folderSource(),
    host: thisMachine({ environment, homePath: homedir() }),
  };
}

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
    const found = (portsFor(home)[port] as Readonly<Record<string, Verb>>)[verb];
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
process.stdout.write(told, () => bus.close());
