import type { Machine } from "../support/machine.ts";
import type { BenchOptions } from "./bench.ts";
import type { RenderTimes, Work } from "./inside.ts";
import { type Series, table } from "./table.ts";

const phoenixCommand = "node ~/.local/share/phoenix/current/phoenix.mjs";
const generator = "/usr/lib/systemd/user-generators/podman-user-generator";
const bigCount = 200;

/** Wall time of commands, taken inside the sandbox in turns; each may print what it likes and must exit with 0 (`ok` = or that). */
export async function inTurns(
  m: Machine,
  times: number,
  commands: Readonly<Record<string, string>>,
): Promise<ReadonlyMap<string, number[]>> {
  const names = Object.keys(commands);
  const runs = Object.values(commands).map(
    (command, index) => `start=$EPOCHREALTIME; { ${command}; } >/dev/null 2>$HOME/bench.err || { cat $HOME/bench.err; exit 1; }
      end=$EPOCHREALTIME; echo ${index} $(( \${end/./} - \${start/./} ))`,
  );
  const output = await m.stdout(
    `${Object.values(commands)
      .map((command) => `{ ${command}; } >/dev/null 2>&1`)
      .join("\n")}
    for time in $(seq ${times}); do\n${runs.join("\n")}\ndone`,
    { timeoutMs: 600_000 },
  );
  const found = new Map<string, number[]>(names.map((name) => [name, []]));
  for (const line of output.split("\n")) {
    const [index, us] = line.split(" ").map(Number);
    found.get(names[index ?? -1] ?? "")?.push((us ?? Number.NaN) / 1000);
  }
  return found;
}

export function rows(times: ReadonlyMap<string, readonly number[]>): readonly Series[] {
  return [...times].map(([name, values]) => ({ name, unit: "ms", values }));
}

/** Wall time of the commands that people type most, and of a large folder. */
export async function measureSpeed(m: Machine, { rounds, say }: BenchOptions): Promise<readonly string[]> {
  const times = rounds * 3;
  await m.writeFile("two/two.network", "[Network]\n");
  for (const name of ["two-web", "two-api"]) {
    const policy = "[X-Phoenix]\nReadiness=http://:8080/health\nMinHealthy=0s\n";
    await m.writeFile(`two/${name}.container`, `[Container]\nImage=localhost/bench:good\nNetwork=two.network\n${policy}`);
  }
  await m.stdout(`${phoenixCommand} deploy two`, { timeoutMs: 60_000 });
  const status = await inTurns(m, times, {
    "node -e 0": "node -e 0",
    "phoenix --version": `${phoenixCommand} --version`,
    "phoenix status two (2 services)": `${phoenixCommand} status two`,
    "systemctl --user status (2 services)": "systemctl --user status two-web.service two-api.service",
  });
  say("status measured");
  await m.stdout(`${phoenixCommand} teardown two --yes`, { timeoutMs: 60_000 });

  await m.stdout(`mkdir -p big && cd big && printf '[Network]\\n' >big.network
    for i in $(seq ${bigCount - 1}); do
      printf '[Unit]\\nDescription=Number %d\\n[Container]\\nImage=localhost/bench:good\\nNetwork=big.network\\nEnvironment=NUMBER=%d\\nEnvironment="TEXT=some words %%%%"\\nLabel=number=%d\\n[X-Phoenix]\\nReadiness=http://:8080/health\\n' $i $i $i >big-$i.container
    done`);
  const out = "rm -rf ~/bench-out; mkdir ~/bench-out";
  const big = await inTurns(m, times, {
    "systemd's Quadlet generator": `${out}; QUADLET_UNIT_DIRS=$HOME/big ${generator} ~/bench-out ~/bench-out ~/bench-out`,
    "generator, then systemd-analyze verify": `${out}; QUADLET_UNIT_DIRS=$HOME/big ${generator} ~/bench-out ~/bench-out ~/bench-out; SYSTEMD_UNIT_PATH=$HOME/bench-out: systemd-analyze --user verify ~/bench-out/*.service`,
    "phoenix plan (runs both of them)": `${phoenixCommand} plan big`,
  });
  say("plan measured");
  const work: Work = { work: "render", times: rounds * 3 + 1, path: `${m.home}/big` };
  const answer = await m.stdout("node /opt/phoenix/dist/bench/inside.mjs", { input: JSON.stringify(work), timeoutMs: 120_000 });
  const { ms, units } = JSON.parse(answer) as RenderTimes;
  const render: readonly Series[] = [
    { name: "phoenix: read, parse, validate, render; cold", unit: "ms", values: ms.slice(0, 1), notes: `${units} units, in one process` },
    { name: "phoenix: the same, warm", unit: "ms", values: ms.slice(1) },
  ];
  await m.stdout("rm -rf ~/big ~/bench-out ~/two");
  return [
    table("Wall time of `phoenix status`", rows(status)),
    table(`A folder of ${bigCount} units, wall time`, [...rows(big), ...render]),
  ];
}
