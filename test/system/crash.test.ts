import t from "tap";
import { type StepName, stepNames } from "../../src/domain/steps.ts";
import { changeFor, type EveryStep, everyStep, everyStepImage, type VariantOptions } from "../support/every-step.ts";
import { agentLines, installAgent } from "../support/install-agent.ts";
import { installProber } from "../support/install-prober.ts";
import { type Found, faultsOfCrash, faultsOfRest, look, lookUntilRight, sharedLeftovers } from "../support/invariants.ts";
import { machine } from "../support/machine.ts";

/**
 * The process that changes a stack is killed before and after every step of the table: whoever comes next finishes or undoes it. The
 * places are made from the table itself, so a new step is covered without a line here, and one that no change reaches fails.
 */
const m = await machine(t);
await installProber(m);
await m.loadTestImage(everyStepImage);

type Rescuer = "deploy" | "rollback" | "teardown";
type Place = {
  readonly name: string;
  readonly failpoint: string;
  readonly verb: "deploy" | "teardown";
  readonly rescuer: Rescuer;
  readonly options?: VariantOptions;
};
type Result = {
  readonly variant: number;
  readonly killedExit: number;
  readonly rescuedExit: number;
  readonly crash: Found;
  readonly rest: Found;
  readonly output: string;
};

const moments = ["before", "after"] as const;
const forTeardownOnly: readonly StepName[] = ["remove-volume", "remove-secret"];
const broken: VariantOptions = { broken: true };

/** Every place of a deploy that goes well; those that only a teardown has are found in one. */
const forwards: readonly Place[] = stepNames.flatMap((step, index) =>
  moments.map((moment): Place => {
    const verb = forTeardownOnly.includes(step) ? "teardown" : "deploy";
    // What is true after a step is true before the next one, so a few rollbacks (two changes each) meet every kind of state.
    const isRollback = moment === "after" && index % 4 === 0;
    const rescuer = verb === "teardown" ? (moment === "before" ? "teardown" : "deploy") : isRollback ? "rollback" : "deploy";
    const name = `${verb} killed ${moment} ${step}, then ${rescuer}`;
    return { name, failpoint: `${moment}:${step}`, verb, rescuer, options: changeFor(moment, step) };
  }),
);

/** How often a failing change takes a step on its way forwards, read off what it tells: the next time is on the way back. */
const told: Partial<Record<StepName, RegExp>> = {
  "create-secret": /^ *creating secret/gm,
  "stop-unit": /^ *stopping/gm,
  "remove-network": /^ *removing network/gm,
  "start-unit": /^ *starting/gm,
  "restart-unit": /^ *restarting/gm,
};
/** The way back writes lines of its own, and makes no data and takes none away. */
const notBackwards: readonly StepName[] = ["record-pending", "create-secret", "record-good", ...forTeardownOnly];

function backwards(output: string): readonly Place[] {
  const forth = output.split("rolling back")[0] ?? "";
  return stepNames
    .filter((step) => !notBackwards.includes(step))
    .map((step, index): Place => {
      const pattern = told[step];
      // It fails in this very step, so that one is not ended on the way forwards.
      const times = step === "await-gate" ? 0 : pattern === undefined ? 1 : (forth.match(pattern)?.length ?? 0);
      const rescuer = index % 4 === 1 ? "rollback" : "deploy";
      return {
        ...{ name: `a rollback killed after ${step}, then ${rescuer}`, failpoint: `after:${step}#${times + 1}` },
        ...{ verb: "deploy", rescuer, options: broken },
      };
    });
}

/** Stacks of their own, so that one works while another waits for its proof. */
const stacks = ["one", "two", "three"].map((name, index) => everyStep(m, name, m.port(index)));
const variants = new Map<EveryStep, number>();

async function next(stack: EveryStep, options?: VariantOptions): Promise<number> {
  const variant = (variants.get(stack) ?? 0) + 1;
  variants.set(stack, variant);
  await stack.write(variant, options);
  return variant;
}

const argv = (verb: Rescuer, stack: EveryStep): readonly string[] =>
  verb === "deploy"
    ? ["deploy", stack.stack]
    : verb === "rollback"
      ? ["rollback", "--stack", stack.stack]
      : ["teardown", stack.stack, "--volumes", "--yes"];

async function crash(stack: EveryStep, { failpoint, verb, rescuer, options }: Place): Promise<Result> {
  // What a teardown takes away is what the last deploy made.
  const variant = verb === "teardown" ? (variants.get(stack) ?? 0) : await next(stack, options);
  if (verb === "teardown") await m.phoenix(argv("deploy", stack));
  const killed = await m.phoenix(argv(verb, stack), { env: { PHOENIX_FAILPOINT: failpoint } });
  const seen = await look(m, stack.stack, stack.port);
  const rescued = await m.phoenix(argv(rescuer, stack), { timeoutMs: 90_000 });
  return {
    ...{ variant, killedExit: killed.exitCode, rescuedExit: rescued.exitCode, crash: seen },
    rest: await look(m, stack.stack, stack.port),
    output: [killed, rescued].map(({ stdout, stderr }) => stdout + stderr).join("\n-- the next one\n"),
  };
}

/** Every stack takes the next place as soon as it is done with its last. */
function crashAll(places: readonly Place[]): ReadonlyMap<Place, Promise<Result>> {
  const settle = new Map<Place, (result: Promise<Result>) => void>();
  const results = new Map(places.map((place) => [place, new Promise<Result>((resolve) => settle.set(place, resolve))] as const));
  const open = [...places];
  for (const stack of stacks) {
    void (async () => {
      for (let place = open.shift(); place !== undefined; place = open.shift()) {
        const result = crash(stack, place);
        settle.get(place)?.(result);
        await result.catch(() => {});
      }
    })();
  }
  return results;
}

t.test("three stacks run, side by side", async (t) => {
  const done = await Promise.all(
    stacks.map(async (stack) => {
      await next(stack);
      return await m.phoenix(argv("deploy", stack));
    }),
  );
  for (const { exitCode, stdout, stderr } of done) t.equal(exitCode, 0, stdout + stderr);
});

t.test("killed at every place on the way forwards", async (t) => {
  for (const [{ name, rescuer }, result] of crashAll(forwards)) {
    await t.test(name, async (t) => {
      const { killedExit, rescuedExit, crash, rest, variant, output } = await result;
      t.equal(killedExit, 137, `the step was reached\n${output}`);
      t.same(faultsOfCrash(crash), [], "right after the crash");
      t.equal(rescuedExit, 0, output);
      t.same(faultsOfRest(rest), [], output);
      if (rescuer === "deploy") t.equal(rest.variant, String(variant), "finished");
      if (rescuer === "rollback") t.not(rest.variant, String(variant), "undone");
      if (rescuer === "teardown") t.equal(rest.live, 0, "gone");
    });
  }
  t.equal(
    await m.stdout("podman volume ls -q | wc -l"),
    String((await Promise.all(stacks.map((stack) => look(m, stack.stack, stack.port)))).filter(({ live }) => live !== 0).length),
    "no volume of a stack that was torn down",
  );
});

t.test("killed at every place on the way back", async (t) => {
  const [first] = stacks;
  if (first === undefined) throw new Error("no stack");
  const good = (await look(m, first.stack, first.port)).variant;
  await next(first, broken);
  const failed = await m.phoenix(argv("deploy", first));
  t.equal(failed.exitCode, 6, failed.stdout + failed.stderr);
  const found = await look(m, first.stack, first.port);
  t.same([faultsOfRest(found), found.variant], [[], good]);
  for (const [{ name, rescuer }, result] of crashAll(backwards(failed.stderr))) {
    await t.test(name, async (t) => {
      const { killedExit, rescuedExit, crash, rest, variant, output } = await result;
      t.equal(killedExit, 137, `the step was reached\n${output}`);
      t.same(faultsOfCrash(crash), [], "right after the crash");
      t.equal(rescuedExit, rescuer === "deploy" ? 6 : 0, `the way back is walked to its end\n${output}`);
      t.same(faultsOfRest(rest), [], output);
      t.not(rest.variant, String(variant), "a generation that failed does not run");
    });
  }
});

t.test("a deploy killed in a rehearsal leaves nothing behind once the next one is done", async (t) => {
  const [stack] = stacks;
  if (stack === undefined) throw new Error("no stack");
  const variant = await next(stack, { rehearse: "yes", web: "START_DELAY=2" });
  const killed = m.shell("exec env --unset=NODE_OPTIONS sh -c 'echo $$ >pid; exec node /opt/phoenix/dist/phoenix.mjs deploy one'");
  const rehearsal = "podman container exists phoenix-rehearse-one-web";
  await m.waitFor("the rehearsal runs", async () => (await m.shell(rehearsal)).exitCode === 0, 20_000);
  await m.stdout("kill -KILL $(cat pid)");
  t.equal((await killed).exitCode, 137);
  t.same(faultsOfCrash(await look(m, stack.stack, stack.port)), []);
  const done = await m.phoenix(argv("deploy", stack));
  t.equal(done.exitCode, 0, done.stdout + done.stderr);
  const rest = await look(m, stack.stack, stack.port);
  t.same([faultsOfRest(rest), rest.variant], [[], String(variant)]);
  t.same(await sharedLeftovers(m), [], "nor did any of those before");
});

t.test(
  "with the agent nobody needs to come: it finishes or undoes by itself, and so does the next agent when that one is killed",
  async (t) => {
    await installAgent(m);
    const steps: readonly StepName[] = ["stop-unit", "switch-link", "await-gate"];
    const lane = (stack: EveryStep): string => `busctl --user status io.phoenix.Lane.${stack.stack} >/dev/null 2>&1`;
    const killAgent = "systemctl --user kill --kill-whom=main --signal=KILL phoenix.service";
    await Promise.all(
      steps.map(async (step, index) => {
        const stack = stacks[index];
        if (stack === undefined) throw new Error("no stack");
        const isBack = index === 2;
        const before = (await look(m, stack.stack, stack.port)).variant;
        const variant = await next(stack, isBack ? broken : {});
        const { exitCode, stdout, stderr } = await m.phoenix(argv("deploy", stack), { env: { PHOENIX_FAILPOINT: `before:${step}` } });
        t.equal(exitCode, 137, stdout + stderr);
        // One agent is killed in the midst of it, too.
        if (index === 1)
          await m.waitFor("the agent is at it", async () => (await m.shell(`${lane(stack)} && ${killAgent}`)).exitCode === 0, 20_000);
        const found = await lookUntilRight(m, stack, 45_000);
        t.same(
          faultsOfRest(found),
          [],
          `${step}: ${found.lines
            .slice(-4)
            .map((line) => JSON.stringify(line))
            .join("\n")}`,
        );
        t.equal(found.variant, isBack ? before : String(variant), step);
        t.match(found.lines.at(-1)?.by, /^agent/);
      }),
    );
    t.ok(
      (await agentLines(m)).some((line) => line["MESSAGE"]?.includes("unfinished")),
      "and the journal tells",
    );
  },
);
