import { setTimeout as sleep } from "node:timers/promises";
import type { Machine } from "../support/machine.ts";
import { watchPort } from "../support/outage.ts";
import type { BenchOptions } from "./bench.ts";
import { type Series, table } from "./table.ts";

/** What a bad update brings: image tag -> what is wrong with it, and the test image's mode for it. */
const cases = {
  exits: { title: "an image that exits at once", mode: "exit-at-once" },
  unready: { title: "an image that starts and never becomes ready", mode: "never-ready" },
} as const;

type Case = keyof typeof cases;

type Contender = {
  readonly name: string;
  /** The service whose port is watched is `<prefix>-web`; `<prefix>-api` says `Requires=` it. */
  readonly prefix: string;
  readonly port: number;
  /** Brings the good version up. */
  readonly ready: () => Promise<void>;
  /** Puts the bad one where the update looks for it. */
  readonly spoil: (bad: Case, round: number) => Promise<void>;
  readonly update: string;
  readonly rest: () => Promise<void>;
};

type Round = { readonly outageMs: number; readonly wallMs: number; readonly exitCode: number; readonly alive: boolean };

const phoenixCommand = "node ~/.local/share/phoenix/current/phoenix.mjs";
const dependent = (prefix: string): string => `[Unit]
Requires=${prefix}-web.service
After=${prefix}-web.service
[Container]
Image=localhost/bench:good
Pull=never
Network=${prefix}.network
`;
const published = (prefix: string, port: number): string => `Network=${prefix}.network\nPublishPort=127.0.0.1:${port}:8080\n`;

function autoUpdate(m: Machine): Contender {
  const [prefix, port, folder] = ["au", m.port(0), ".config/containers/systemd"];
  const web = `[Container]
Image=localhost/au:latest
AutoUpdate=local
${published(prefix, port)}HealthCmd=wget -q -O /dev/null http://127.0.0.1:8080/health
HealthInterval=3s
HealthRetries=3
HealthOnFailure=kill
Notify=healthy
`;
  return {
    name: "podman auto-update --rollback",
    prefix,
    port,
    ready: async () => {
      await m.writeFile(`${folder}/au.network`, "[Network]\n");
      await m.writeFile(`${folder}/au-web.container`, web);
      await m.writeFile(`${folder}/au-api.container`, dependent(prefix));
      await m.stdout(`podman tag localhost/bench:good localhost/au:latest
        systemctl --user daemon-reload
        systemctl --user reset-failed 'au-*' || true
        systemctl --user start au-web.service au-api.service`);
    },
    spoil: async (bad) => void (await m.stdout(`podman tag localhost/bench:${bad} localhost/au:latest`)),
    update: "podman auto-update --rollback",
    // Its health timer would disturb the others.
    rest: async () => void (await m.stdout("systemctl --user stop au-api.service au-web.service")),
  };
}

function phoenix(m: Machine, rehearse: "auto" | "no", prefix: string, port: number): Contender {
  const write = async (tag: string, round: number): Promise<void> => {
    const policy = `Readiness=http://:8080/health\nPeriod=3s\nFailureThreshold=3\nStartupDeadline=9s\nMinHealthy=2s\nRehearse=${rehearse}\n`;
    // The round makes it another candidate: exactly what failed before is not tried again.
    const web = `[Container]\nImage=localhost/bench:${tag}\nEnvironment=ROUND=${round}\n${published(prefix, port)}[X-Phoenix]\n${policy}`;
    await m.writeFile(`${prefix}/${prefix}-web.container`, web);
  };
  return {
    name: `phoenix deploy, Rehearse=${rehearse}`,
    prefix,
    port,
    ready: async () => {
      await m.writeFile(`${prefix}/${prefix}.network`, "[Network]\n");
      await m.writeFile(`${prefix}/${prefix}-api.container`, `${dependent(prefix)}[X-Phoenix]\nMinHealthy=2s\n`);
      await write("good", 0);
      await m.stdout(`${phoenixCommand} deploy ${prefix}`, { timeoutMs: 120_000 });
    },
    spoil: write,
    update: `${phoenixCommand} deploy ${prefix}`,
    rest: async () => {},
  };
}

async function measure(m: Machine, contender: Contender, bad: Case, round: number): Promise<Round> {
  const { prefix, port, ready, spoil, update, rest } = contender;
  await ready();
  await m.waitFor(`${prefix}-web answers`, async () => (await m.http(port)).status === 200, 20_000);
  await spoil(bad, round);
  const outage = await watchPort(m, port);
  const started = performance.now();
  const { exitCode } = await m.shell(update, { timeoutMs: 180_000 });
  const wallMs = performance.now() - started;
  // Time for what was left to itself.
  await sleep(2_000);
  const outageMs = await outage.stop();
  const alive = (await m.shell(`systemctl --user is-active ${prefix}-web ${prefix}-api`)).stdout === "active\n".repeat(2);
  await rest();
  return { outageMs, wallMs, exitCode, alive };
}

/** How long the published port is silent when the update is bad, and what is left behind. */
export async function measureOutages(m: Machine, { rounds, say }: BenchOptions): Promise<readonly string[]> {
  for (const [tag, { mode }] of Object.entries(cases)) await m.loadTestImage(`localhost/bench:${tag}`, { MODE: mode });
  const contenders = [autoUpdate(m), phoenix(m, "auto", "pa", m.port(1)), phoenix(m, "no", "pn", m.port(2))];
  const seen = new Map<string, Round[]>();
  for (let round = 1; round <= rounds; round += 1) {
    for (const bad of Object.keys(cases) as Case[]) {
      // One after the other within a round: whatever else the machine does hits all of them.
      for (const contender of contenders) {
        const result = await measure(m, contender, bad, round);
        say(`${bad} round ${round}, ${contender.name}: ${JSON.stringify(result)}`);
        const key = `${bad} ${contender.name}`;
        seen.set(key, [...(seen.get(key) ?? []), result]);
      }
    }
  }
  return (Object.keys(cases) as Case[]).flatMap((bad) => {
    const rows = contenders.map(({ name }) => ({ name, results: seen.get(`${bad} ${name}`) ?? [] }));
    const series = (key: "outageMs" | "wallMs"): readonly Series[] =>
      rows.map(({ name, results }) => ({
        name,
        unit: "s",
        values: results.map((result) => result[key] / 1000),
        notes: `exit ${[...new Set(results.map(({ exitCode }) => exitCode))].join(", ")}; web and its dependent alive in ${results.filter(({ alive }) => alive).length} of ${results.length}`,
      }));
    return [
      table(`Outage of the published port: ${cases[bad].title}`, series("outageMs")),
      table(`Until the command ends: ${cases[bad].title}`, series("wallMs")),
    ];
  });
}
