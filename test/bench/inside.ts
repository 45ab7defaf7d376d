/**
 * Runs inside the sandbox, where the thing to be measured lives. Input: one JSON object on stdin; output: one on stdout.
 *     ask: sends an http probe N times through the prober as the agent does, and says what that cost this process
 *     render: loads and renders a folder N times, without images
 */
import { folderSource } from "../../src/adapters/files/source.ts";
import { cleanEnvironment } from "../../src/adapters/host/program.ts";
import { podmanObjects } from "../../src/adapters/podman/objects.ts";
import { podmanRunner } from "../../src/adapters/podman/run.ts";
import { createProber } from "../../src/adapters/probe/prober.ts";
import { proberSocketPath } from "../../src/adapters/probe/socket-path.ts";
import { proberStarter } from "../../src/adapters/probe/start.ts";
import { loadStack } from "../../src/stack/load.ts";
import { renderStack } from "../../src/stack/render.ts";

export type Work =
  | { readonly work: "ask"; readonly times: number; readonly network: string; readonly container: string; readonly port: number }
  | { readonly work: "render"; readonly times: number; readonly path: string };

export type AskCost = { readonly succeeded: number; readonly cpuMs: number };
export type RenderTimes = { readonly ms: readonly number[]; readonly units: number };

async function ask({ times, network, container, port }: Extract<Work, { work: "ask" }>): Promise<AskCost> {
  const { XDG_RUNTIME_DIR: runtimePath = "" } = process.env;
  const environment = cleanEnvironment(process.env);
  const podman = podmanRunner({ environment, asUnit: () => Promise.reject(new Error("nothing is built here")) });
  const prober = createProber({
    socketPath: proberSocketPath(runtimePath),
    startProber: proberStarter(environment),
    findNetwork: async (name) => (await podmanObjects(podman).networks()).find((found) => found.name === name),
    findAddress: async () => undefined,
    environment,
    selfArgv: [process.execPath, process.argv[1] ?? ""],
  });
  const once = async (): Promise<boolean> => {
    const result = await prober.probe({
      probe: { kind: "http", tls: false, port, path: "/health" },
      route: { via: "prober", network, name: container },
      service: "bench.service",
      timeoutMs: 1_000,
    });
    return result.outcome === "success";
  };
  const before = process.cpuUsage();
  let succeeded = 0;
  for (let time = 0; time < times; time += 1) succeeded += (await once()) ? 1 : 0;
  const { user, system } = process.cpuUsage(before);
  await prober.close();
  return { succeeded, cpuMs: (user + system) / 1000 };
}

async function render({ times, path }: Extract<Work, { work: "render" }>): Promise<RenderTimes> {
  const ms: number[] = [];
  let units = 0;
  for (let time = 0; time < times; time += 1) {
    const started = performance.now();
    const folder = await folderSource().read(path);
    const { stack, issues } = loadStack({ folder, podmanVersion: "5.4.2" });
    if (stack === undefined) throw new Error(JSON.stringify(issues.slice(0, 3)));
    const options = { images: new Map(), inputDigests: new Map(), stateRoot: "/tmp/state", generatorVersion: "5.4.2", createdAt: 0 };
    units = renderStack({ stack, ...options }).candidate.units.length;
    ms.push(performance.now() - started);
  }
  return { ms, units };
}

let text = "";
for await (const chunk of process.stdin.setEncoding("utf8")) text += chunk;
const work = JSON.parse(text) as Work;
process.stdout.write(JSON.stringify(work.work === "ask" ? await ask(work) : await render(work)));
