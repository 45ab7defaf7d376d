/**
 * The program that test/system/prober.test.ts bundles and installs as `phoenix`: the prober's own entries, and `drive`, which asks the
 * probes given on stdin (JSON: Command[]) and prints what came of each (JSON: Outcome[]), all in one process, as the agent would.
 */
import { execFileSync } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { cleanEnvironment } from "../../src/adapters/host/program.ts";
import { podmanObjects } from "../../src/adapters/podman/objects.ts";
import { podmanRunner } from "../../src/adapters/podman/run.ts";
import type { ProbeResult } from "../../src/domain/policy.ts";
import type { ProbeRequest } from "../../src/ports/machine.ts";

export type Command =
  | { readonly ask: Omit<ProbeRequest, "service">; readonly times?: number; readonly atOnce?: boolean }
  /** Asks every 100 ms until the outcome comes. */
  | { readonly until: ProbeResult["outcome"]; readonly ask: Omit<ProbeRequest, "service">; readonly deadlineMs: number }
  | { readonly shell: string };

export type Outcome = { readonly results: readonly ProbeResult[]; readonly wallMs: number };

const [, , verb] = process.argv;
const { XDG_RUNTIME_DIR: runtimePath = "" } = process.env;

async function drive(commands: readonly Command[]): Promise<readonly Outcome[]> {
  // What costs memory is loaded here and not in the prober.
  const { createProber } = await import("../../src/adapters/probe/prober.ts");
  const { proberStarter } = await import("../../src/adapters/probe/start.ts");
  const { proberSocketPath } = await import("../../src/adapters/probe/socket-path.ts");
  const environment = cleanEnvironment(process.env);
  const podman = podmanRunner({ environment, asUnit: () => Promise.reject(new Error("nothing is built here")) });
  const prober = createProber({
    socketPath: proberSocketPath(runtimePath),
    startProber: proberStarter(environment),
    findNetwork: async (name) => (await podmanObjects(podman).networks()).find((network) => network.name === name),
    findAddress: async (container, network) => {
      const format = `{{(index .NetworkSettings.Networks ${JSON.stringify(network)}).IPAddress}}`;
      return (await podman.run("look", ["container", "inspect", `--format=${format}`, container])).trim() || undefined;
    },
    environment,
    selfArgv: [process.execPath, process.argv[1] ?? ""],
  });
  const outcomes: Outcome[] = [];
  for (const command of commands) {
    const started = performance.now();
    const results: ProbeResult[] = [];
    if ("shell" in command) execFileSync("bash", ["-c", command.shell], { env: environment, stdio: "ignore" });
    else {
      const ask = () => prober.probe({ ...command.ask, service: "test.service" });
      if ("until" in command) {
        while (results.at(-1)?.outcome !== command.until && performance.now() - started < command.deadlineMs) {
          results.push(await ask());
          await sleep(100);
        }
      } else if (command.atOnce === true) results.push(...(await Promise.all(Array.from({ length: command.times ?? 1 }, ask))));
      else for (let time = 0; time < (command.times ?? 1); time += 1) results.push(await ask());
    }
    outcomes.push({ results, wallMs: performance.now() - started });
  }
  await prober.close();
  return outcomes;
}

if (verb === "prober") {
  const { runProber } = await import("../../src/adapters/probe/server.ts");
  const { proberSocketPath } = await import("../../src/adapters/probe/socket-path.ts");
  process.exit(await runProber(proberSocketPath(runtimePath)));
} else if (verb === "probe-once") {
  const { runProbeOnce } = await import("../../src/adapters/probe/once.ts");
  await runProbeOnce();
} else if (verb === "drive") {
  let text = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) text += chunk;
  process.stdout.write(JSON.stringify(await drive(JSON.parse(text) as Command[])));
}
