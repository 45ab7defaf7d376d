import { setTimeout as sleep } from "node:timers/promises";
import type { Machine } from "../support/machine.ts";
import type { BenchOptions } from "./bench.ts";
import { inTurns, rows } from "./speed.ts";
import { type Series, table } from "./table.ts";

const count = 20;
const phoenixCommand = "node ~/.local/share/phoenix/current/phoenix.mjs";
const watched = ["phoenix.service", "phoenix-prober.service"] as const;

type Look = {
  readonly atMs: number;
  readonly cpuMs: number;
  readonly nodeMiB: number;
  readonly podmanMiB: number;
  readonly sharedMiB: number;
};

/** Private memory ends with the process; shared pages (Node's own text) are there anyway while any other Node runs. */
async function lookAt(m: Machine, service: string): Promise<Look> {
  const text = await m.stdout(`systemctl --user show --property=CPUUsageNSec --value ${service}
    unit=$(systemctl --user show --property=ControlGroup --value ${service})
    for pid in $(cat /sys/fs/cgroup$unit/cgroup.procs); do echo "== $(cat /proc/$pid/comm)"; cat /proc/$pid/smaps_rollup; done`);
  const [cpuNs = "", ...processes] = text.split("== ");
  const mib = (field: RegExp, isWanted: (name: string) => boolean): number =>
    processes
      .filter((process) => isWanted(process.split("\n")[0] ?? ""))
      .flatMap((process) => [...process.matchAll(field)])
      .reduce((sum, [, value]) => sum + Number(value) / 1024, 0);
  const own = /^Private_(?:Clean|Dirty): +(\d+) kB/gm;
  return {
    atMs: performance.now(),
    cpuMs: Number(cpuNs) / 1e6,
    nodeMiB: mib(own, (name) => name !== "podman"),
    podmanMiB: mib(own, (name) => name === "podman"),
    sharedMiB: mib(/^Shared_(?:Clean|Dirty): +(\d+) kB/gm, () => true),
  };
}

/** What it costs to have Phoenix watch twenty services that are well. */
export async function measureIdle(m: Machine, { minutes, rounds, say }: BenchOptions): Promise<readonly string[]> {
  await m.writeFile("idle/idle.network", "[Network]\n");
  for (let number = 1; number <= count; number += 1) {
    const policy = "[X-Phoenix]\nLiveness=http://:8080/health\nPeriod=10s\nMinHealthy=2s\n";
    await m.writeFile(`idle/idle-${number}.container`, `[Container]\nImage=localhost/bench:good\nNetwork=idle.network\n${policy}`);
  }
  await m.stdout(`${phoenixCommand} deploy idle`, { timeoutMs: 300_000 });
  await m.stdout("systemctl --user start phoenix.target");
  say("20 services run; settling for 30 s");
  await sleep(30_000);
  const looks = new Map(watched.map((service) => [service, [] as Look[]]));
  const pauseMs = 10_000;
  for (let look = 0; look <= (minutes * 60_000) / pauseMs; look += 1) {
    if (look > 0) await sleep(pauseMs);
    for (const service of watched) looks.get(service)?.push(await lookAt(m, service));
  }
  const share = (seen: readonly Look[]): readonly number[] =>
    seen.slice(1).map((look, index) => {
      const before = seen[index] ?? look;
      return (100 * (look.cpuMs - before.cpuMs)) / (look.atMs - before.atMs);
    });
  const all = watched.map((service) => ({ service, seen: looks.get(service) ?? [], shares: share(looks.get(service) ?? []) }));
  const together = (all[0]?.shares ?? []).map((value, index) => value + (all[1]?.shares[index] ?? 0));
  const memory: readonly Series[] = [
    ...all.map(({ service, seen }) => ({
      name: `${service}, node`,
      unit: "MiB",
      values: seen.map((look) => look.nodeMiB),
      notes: `shared with other processes of the machine: ${seen.at(-1)?.sharedMiB.toFixed(0)} MiB`,
    })),
    {
      name: "phoenix-prober.service, podman unshare",
      unit: "MiB",
      values: looks.get("phoenix-prober.service")?.map((look) => look.podmanMiB) ?? [],
      notes: "waits for node and does nothing",
    },
  ];
  const cpu: readonly Series[] = [
    { name: "both together", unit: "%", values: together },
    ...all.map(({ service, shares }) => ({ name: service, unit: "%", values: shares })),
  ];
  const lines = await m.stdout(
    `journalctl --user --no-pager --output=cat --since=-${minutes}min _SYSTEMD_USER_UNIT=phoenix.service | wc -l`,
  );
  const status = await inTurns(m, rounds * 3, {
    "node -e 0": "node -e 0",
    [`phoenix status (${count} services)`]: `${phoenixCommand} status idle`,
  });
  await m.stdout(`systemctl --user stop phoenix.target; ${phoenixCommand} teardown idle --yes`, { timeoutMs: 120_000 });
  return [
    table(`Private memory while ${count} services are asked every 10 s`, memory),
    table(`CPU, share of one core, per 10 s over ${minutes} min`, cpu),
    `\nJournal lines of phoenix.service in that time: ${lines}`,
    table(`Wall time of \`phoenix status\` with ${count} services`, rows(status)),
  ];
}
