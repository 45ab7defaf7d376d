import type { Machine } from "../support/machine.ts";
import type { BenchOptions } from "./bench.ts";
import type { AskCost, Work } from "./inside.ts";
import { type Series, table } from "./table.ts";

const asks = 100;
const container = "systemd-cost";

/** CPU of everything the user runs: podman, conmon, the container, the user manager, the prober. */
async function userCpuMs(m: Machine): Promise<number> {
  return Number(await m.stdout(`sed -n 's/^usage_usec //p' /sys/fs/cgroup/user.slice/user-${m.uid}.slice/cpu.stat`)) / 1000;
}

async function unitCpuMs(m: Machine, service: string): Promise<number> {
  return Number(await m.stdout(`systemctl --user show --property=CPUUsageNSec --value ${service}`)) / 1e6;
}

/** Runs a script as a unit of its own, so that what it costs counts as the user's. */
async function cost(m: Machine, script: string, input = ""): Promise<{ readonly cpuMs: number; readonly stdout: string }> {
  const before = await userCpuMs(m);
  const result = await m.run(["systemd-run", "--user", "--quiet", "--pipe", "--wait", "--collect", "bash", "-ec", script], {
    input,
    timeoutMs: 300_000,
  });
  if (result.exitCode !== 0) throw new Error(result.stderr);
  return { cpuMs: (await userCpuMs(m)) - before, stdout: result.stdout };
}

/** What one HTTP question costs: Podman's own health check against ours, on the same container. */
export async function measureProbes(m: Machine, { rounds, say }: BenchOptions): Promise<readonly string[]> {
  await m.writeFile(".config/containers/systemd/cost.network", "[Network]\nNetworkName=cost\n");
  const text = `[Container]
Image=localhost/bench:good
Network=cost.network
HealthCmd=wget -q -O /dev/null http://127.0.0.1:8080/health
HealthInterval=disable
`;
  await m.writeFile(".config/containers/systemd/cost.container", text);
  await m.stdout("systemctl --user daemon-reload && systemctl --user start cost.service phoenix-prober.service");
  const work: Work = { work: "ask", times: asks, network: "cost", container, port: 8080 };
  const askOurs = async () => {
    const unitsBefore = [await unitCpuMs(m, "phoenix-prober.service"), await unitCpuMs(m, "cost.service")];
    const { cpuMs, stdout } = await cost(m, "exec node /opt/phoenix/dist/bench/inside.mjs", JSON.stringify(work));
    const [proberMs = 0, containerMs = 0] = [await unitCpuMs(m, "phoenix-prober.service"), await unitCpuMs(m, "cost.service")].map(
      (after, index) => after - (unitsBefore[index] ?? 0),
    );
    const answer = JSON.parse(stdout) as AskCost;
    if (answer.succeeded !== asks) throw new Error(`only ${answer.succeeded} of ${asks} probes succeeded`);
    return { allMs: cpuMs, proberMs, containerMs, askerMs: answer.cpuMs };
  };
  await askOurs();
  const podman: number[] = [];
  const ours: { readonly [K in "asked" | "prober" | "container"]: number[] } = { asked: [], prober: [], container: [] };
  for (let round = 1; round <= rounds; round += 1) {
    const theirs = await cost(m, `for i in $(seq ${asks}); do podman healthcheck run ${container}; done`);
    const { proberMs, containerMs, askerMs } = await askOurs();
    podman.push(theirs.cpuMs / asks);
    ours.prober.push(proberMs / asks);
    ours.asked.push((proberMs + askerMs) / asks);
    ours.container.push((proberMs + askerMs + containerMs) / asks);
    say(`probe round ${round}: ${theirs.cpuMs / asks} against ${proberMs / asks}, ${askerMs / asks}, ${containerMs / asks} ms`);
  }
  await m.stdout("systemctl --user stop cost.service");
  const row = (name: string, values: readonly number[], notes: string): Series => ({ name, unit: "ms", values, notes });
  return [
    table(`CPU of one HTTP probe (${asks} each round)`, [
      row("podman healthcheck run", podman, "all of the user's processes"),
      row("phoenix, prober", ours.prober, "phoenix-prober.service"),
      row("phoenix, prober and asker", ours.asked, "and the process that asks it"),
      row("phoenix, with the answer", ours.container, "and the container, whose server forks a shell for every request"),
    ]),
  ];
}
