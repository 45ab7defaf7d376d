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
import { PhoenixError } from "../../src/domain/errors.ts";

export type DriverCall = { readonly port: string; readonly verb: string; readonly args: readonly unknown[]; readonly home?: string };
export type DriverAnswer = {
  readonly value?: unknown;
  readonly error?: { readonly code: string; readonly message: string; readonly remedy: string };
  /** What the call's progress callback was told. */
  readonly lines: readonly string[];
};

type Verb = (...args: readonly unknown[]) => Promise<unknown>;

function portsFor(home: string | undefined): Readonly<Record<string, unknown>> {
  const environment = {
    ...process.env,
    ...(home === undefined ? {} : { XDG_STATE_HOME: `${home}/state`, XDG_CONFIG_HOME: `${home}/config` }),
  };
  const runtimePath = join(process.env["XDG_RUNTIME_DIR"] ?? "/run", "phoenix");
  const timeoutMs = Number(process.env["DRIVER_TIMEOUT_MS"] ?? 20_000);
  const podman = podmanRunner({ environment, timeoutMs });
  const paths = statePaths(homesOf(environment, homedir()));
  let now = 1_000;
  return {
    containers: podmanContainers(podman),
    images: podmanImages(podman, { runtimePath, pullTimeoutMs: timeoutMs, buildTimeoutMs: timeoutMs }),
    objects: podmanObjects(podman),
    generator: quadletGenerator({ environment, homePath: homedir(), runtimePath }),
    generations: folderGenerations(paths),
    history: fileHistory({ paths, clock: { now: () => (now += 1) }, by: "driver" }),
    source: folderSource(),
    host: thisMachine({ environment, homePath: homedir() }),
  };
}

async function answer({ port, verb, args, home }: DriverCall): Promise<DriverAnswer> {
  const lines: string[] = [];
  const callbacks: Readonly<Record<string, readonly unknown[]>> = {
    pull: [(line: string) => lines.push(line)],
    build: [(line: string) => lines.push(line)],
  };
  try {
    const found = (portsFor(home)[port] as Readonly<Record<string, Verb>>)[verb];
    if (found === undefined) throw new TypeError(`no verb ${port}.${verb}`);
    const revived =
      verb === "generate"
        ? [new Map(Object.entries(args[0] as object))]
        : verb === "retain"
          ? [args[0], new Set(args[1] as readonly unknown[])]
          : args;
    return { value: await found(...revived, ...(callbacks[verb] ?? [])), lines };
  } catch (error) {
    if (!(error instanceof PhoenixError)) throw error;
    return { error: { code: error.code, message: error.message, remedy: error.remedy }, lines };
  }
}

const answers: DriverAnswer[] = [];
for (const call of JSON.parse(await text(process.stdin)) as readonly DriverCall[]) answers.push(await answer(call));
process.stdout.write(JSON.stringify(answers, (_key, value: unknown) => (value instanceof Map ? Object.fromEntries(value) : value)));
