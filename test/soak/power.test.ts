import { setTimeout as sleep } from "node:timers/promises";
import t from "tap";
import { layoutOf } from "../../src/sandbox/layout.ts";
import { waitUntilReady } from "../../src/sandbox/ready.ts";
import { everyStep, everyStepImage } from "../support/every-step.ts";
import { installAgent } from "../support/install-agent.ts";
import { faultsOfCrash, faultsOfRest, look, lookUntilRight } from "../support/invariants.ts";
import { machine } from "../support/machine.ts";
import { seed, shuffled, timeLeft } from "./budget.ts";

/**
 * The power is cut at any moment of a deploy: every process of the machine is gone at once, Podman's and systemd's too. After the boot
 * nobody logs in and nobody types a command: the agent finishes or undoes it.
 */
const m = await machine(t, { own: true });
await m.loadTestImage(everyStepImage);
await installAgent(m);
const stack = everyStep(m, "one", m.port());
let variant = 1;
await stack.write(variant);
const first = await m.phoenix(["deploy", stack.stack]);
if (first.exitCode !== 0) throw new Error(first.stdout + first.stderr);

const longestMs = 5_000;
const moments = shuffled(Array.from({ length: 1_000 }, (_, index) => Math.round((index / 1_000) * longestMs)));
t.test("a deploy in which the power is cut is finished or undone by the agent after the boot", async (t) => {
  t.comment(`seed ${seed}`);
  for (const afterMs of moments) {
    if (!timeLeft()) break;
    const before = variant;
    variant += 1;
    await stack.write(variant, { broken: variant % 4 === 0 });
    const deploy = m.phoenix(["deploy", stack.stack], { timeoutMs: 60_000 });
    await sleep(afterMs);
    // Neither services nor file systems are told.
    await m.run(["systemctl", "reboot", "--force", "--force"], { root: true, timeoutMs: 10_000 }).catch(() => {});
    await deploy.catch(() => {});
    await sleep(500);
    await waitUntilReady(layoutOf(m.sandbox));
    await m.waitFor(
      "the user manager is up",
      async () => (await m.shell("systemctl --user is-active basic.target")).exitCode === 0,
      60_000,
    );
    const crash = await look(m, stack.stack, stack.port);
    const rest = await lookUntilRight(m, stack, 60_000);
    const faults = [...faultsOfCrash(crash).map((fault) => `after the boot: ${fault}`), ...faultsOfRest(rest)];
    const history = rest.lines.slice(-6).map((line) => JSON.stringify(line));
    t.same(faults, [], [`power cut ${afterMs} ms into a deploy`, ...(faults.length === 0 ? [] : history)].join("\n"));
    t.ok([before, variant].map(String).includes(rest.variant), `variant ${rest.variant} runs: the new one or the one before`);
    if (faults.length > 0) t.comment((await m.shell("journalctl --user -b -t phoenix -n 40 --no-pager")).stdout);
    variant = Number(rest.variant) === variant ? variant : variant + 1;
    // Whatever became of it, the next cut starts from a deploy that went well.
    await stack.write(variant);
    const good = await m.phoenix(["deploy", stack.stack], { timeoutMs: 120_000 });
    t.equal(good.exitCode, 0, good.stdout + good.stderr);
  }
});
