/**
 * Phoenix beside what people use today, in one run on one machine. Nothing here passes or fails: the machine is whatever it is, so only
 * ratios within one run mean something. Progress goes to stderr, tables (Markdown) to stdout.
 *
 *     npm run bench                                  # everything, about 25 minutes
 *     npm run bench -- --only outage --rounds 3      # outage, probe, speed, idle; several with commas
 *     npm run bench -- --only idle --minutes 1
 */
import { cpus, loadavg, totalmem } from "node:os";
import { parseArgs } from "node:util";
import type { Test } from "tap";
import { installAgent } from "../support/install-agent.ts";
import { type Machine, machine } from "../support/machine.ts";
import { measureIdle } from "./idle.ts";
import { measureOutages } from "./outage.ts";
import { measureProbes } from "./probe.ts";
import { measureSpeed } from "./speed.ts";

export type BenchOptions = { readonly rounds: number; readonly minutes: number; readonly say: (line: string) => void };

const sections: Readonly<Record<string, (m: Machine, options: BenchOptions) => Promise<readonly string[]>>> = {
  outage: measureOutages,
  probe: measureProbes,
  speed: measureSpeed,
  idle: measureIdle,
};

const { values } = parseArgs({
  options: {
    rounds: { type: "string", default: "5" },
    minutes: { type: "string", default: "2" },
    only: { type: "string", default: Object.keys(sections).join(",") },
  },
});
const wanted = values.only.split(",");
const unknown = wanted.find((name) => !(name in sections));
if (unknown !== undefined) throw new Error(`No section ${unknown}: ${Object.keys(sections).join(", ")}`);

const undo: (() => unknown)[] = [];
const load = (): string => loadavg()[0]?.toFixed(1) ?? "";
const say = (line: string): void => console.error(`[${new Date().toISOString().slice(11, 19)} load ${load()}] ${line}`);
const options: BenchOptions = { rounds: Number(values.rounds), minutes: Number(values.minutes), say };
try {
  const m = await machine({ teardown: (work: () => unknown) => undo.push(work) } as unknown as Test);
  // A copy of the bundle: whoever builds meanwhile changes nothing here.
  await installAgent(m, { start: false });
  await m.loadTestImage("localhost/bench:good", { VERSION: "good" });
  const versions = await m.stdout("podman --version; systemctl --version | head -1; node --version; uname -r");
  console.log(`${cpus().length} × ${cpus()[0]?.model}, ${Math.round(totalmem() / 2 ** 30)} GiB; ${versions.replaceAll("\n", "; ")}`);
  for (const name of wanted) {
    say(name);
    console.log(`\nload ${load()} at the start of ${name}`);
    for (const text of (await sections[name]?.(m, options)) ?? []) console.log(text);
    console.log(`load ${load()} at its end`);
  }
} finally {
  for (const work of undo.reverse()) await work();
}
