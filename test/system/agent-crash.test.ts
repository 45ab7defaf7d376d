import t from "tap";
import { stepNames } from "../../src/domain/steps.ts";
import { changeFor, type EveryStep, everyStep, everyStepImage } from "../support/every-step.ts";
import { installAgent } from "../support/install-agent.ts";
import { faultsOfRest } from "../support/invariants.ts";
import { nextAgentRescues, oneFailpoint } from "../support/killed-agent.ts";
import { type Machine, machine } from "../support/machine.ts";

/** The agent that finishes a cut-off change is itself killed, before and after every step it takes; the next one puts it right. */
type Crew = { readonly m: Machine; readonly stack: EveryStep };

const prepare = async (): Promise<Crew> => {
  const m = await machine(t);
  await m.loadTestImage(everyStepImage);
  await installAgent(m, { dropIn: oneFailpoint });
  const stack = everyStep(m, "kept", m.port());
  await stack.write(0);
  const first = await m.phoenix(["deploy", stack.stack]);
  if (first.exitCode !== 0) throw new Error(first.stdout + first.stderr);
  return { m, stack };
};

/** Only a teardown has them. */
const elsewhere = ["remove-volume", "remove-secret"];
const places = stepNames
  .filter((name) => !elsewhere.includes(name))
  .flatMap((step) => (["before", "after"] as const).map((moment) => ({ name: `${moment}:${step}`, change: changeFor(moment, step) })));

// Three users side by side: a rescue is mostly waiting.
const crews = await Promise.all([prepare(), prepare(), prepare()]);
const rest = places.map((place, index) => ({ place, variant: index + 1 }));
const results = new Map<string, Awaited<ReturnType<typeof nextAgentRescues>>>();
await Promise.all(
  crews.map(async ({ m, stack }) => {
    for (let next = rest.shift(); next !== undefined; next = rest.shift()) {
      results.set(next.place.name, await nextAgentRescues(m, stack, next.variant, next.place));
    }
  }),
);

for (const [index, { name: place }] of places.entries()) {
  t.test(`the agent is killed at ${place}, and the next one puts it right`, async (t) => {
    const result = results.get(place);
    if (result === undefined) throw new Error("not tried");
    t.ok(result.kills > 0, `killed ${result.kills} times`);
    t.same([faultsOfRest(result.found), result.found.variant], [[], String(index + 1)]);
    t.match(result.found.lines.at(-1)?.by, /^agent/);
  });
}
