import t from "tap";
import { everyStep, everyStepImage } from "../support/every-step.ts";
import { installProber } from "../support/install-prober.ts";
import { faultsOfCrash, faultsOfRest, look, sharedLeftovers } from "../support/invariants.ts";
import { machine } from "../support/machine.ts";
import { seed, shuffled, timeLeft } from "./budget.ts";

/**
 * A whole deploy is killed at its first, second, third … call of every kind that writes, renames, syncs or starts something; the next
 * deploy has to bring everything to rest. strace counts each kind by thread, so one thread makes all file calls.
 */
const m = await machine(t);
await installProber(m);
await m.loadTestImage(everyStepImage);

const changing = ["rename", "symlink", "mkdir", "unlink", "rmdir", "fsync"];
const others = ["openat", "write", "pwrite64", "sendmsg", "clone3", "clone"];
const all = [...changing, ...others];
const env = { UV_THREADPOOL_SIZE: "1" };
/** Only Phoenix itself: what it starts is let go of at its execve. */
const strace = ["env", "--unset=NODE_OPTIONS", "strace", "-f", "-b", "execve", "-qq"] as const;
const phoenix = (stack: string): readonly string[] => ["node", "/opt/phoenix/dist/phoenix.mjs", "deploy", stack];

const stacks = ["one", "two"].map((name, index) => ({ ...everyStep(m, name, m.port(index)), variant: 0 }));
type Stack = (typeof stacks)[number];
const next = async (stack: Stack): Promise<void> => {
  stack.variant += 1;
  await stack.write(stack.variant);
};

/** The highest number of calls of each kind that any thread makes in a deploy that is let through. */
async function countCalls(stack: Stack): Promise<ReadonlyMap<string, number>> {
  const log = `${m.home}/calls`;
  const result = await m.run([...strace, "-o", log, "-e", `trace=${all.join(",")}`, ...phoenix(stack.stack)], { env, timeoutMs: 120_000 });
  if (result.exitCode !== 0) throw new Error(result.stdout + result.stderr);
  const counts = new Map<string, Map<string, number>>();
  for (const [, thread = "", call = ""] of (await m.readFile(log)).matchAll(/^(\d+) +(\w+)\(/gm)) {
    const threads = counts.get(call) ?? new Map<string, number>();
    counts.set(call, threads.set(thread, (threads.get(thread) ?? 0) + 1));
  }
  return new Map([...counts].map(([call, threads]) => [call, Math.max(...threads.values())]));
}

for (const stack of stacks) {
  await next(stack);
  const first = await m.phoenix(["deploy", stack.stack]);
  if (first.exitCode !== 0) throw new Error(first.stdout + first.stderr);
}
const [one] = stacks;
if (one === undefined) throw new Error("no stack");
await next(one);
const counts = await countCalls(one);
const placesOf = (calls: readonly string[]): readonly string[] =>
  calls.flatMap((call) => Array.from({ length: counts.get(call) ?? 0 }, (_, index) => `${call}:${index + 1}`));
// What changes names and contents comes first, whole; of the rest as many as the time allows.
const places = [...shuffled(placesOf(changing)), ...shuffled(placesOf(others))];
const total = places.length;
const open = [...places];
let killed = 0;

t.test("a deploy that is killed at any of its system calls is brought to rest by the next one", async (t) => {
  t.comment(`seed ${seed}: ${[...counts].map(([call, count]) => `${call} ${count}`).join(", ")}`);
  await Promise.all(
    stacks.map(async (stack) => {
      for (let place = open.shift(); place !== undefined && timeLeft(); place = open.shift()) {
        const [call, when] = place.split(":");
        await next(stack);
        const inject = ["-o", "/dev/null", "-e", `trace=${call}`, "-e", `inject=${call}:signal=KILL:when=${when}`];
        const cut = await m.run([...strace, ...inject, ...phoenix(stack.stack)], { env, timeoutMs: 120_000 });
        const crash = await look(m, stack.stack, stack.port);
        const rescued = await m.phoenix(["deploy", stack.stack], { timeoutMs: 120_000 });
        const rest = await look(m, stack.stack, stack.port);
        if (cut.exitCode === 137) killed += 1;
        const told = [cut, rescued].map(({ stdout, stderr }) => stdout + stderr).join("\n-- the next one\n");
        const faults = [
          ...(cut.exitCode === 137 || cut.exitCode === 0 ? [] : [`it ended with ${cut.exitCode}`]),
          ...faultsOfCrash(crash).map((fault) => `after the crash: ${fault}`),
          ...(rescued.exitCode === 0 ? [] : [`the next deploy ended with ${rescued.exitCode}`]),
          ...faultsOfRest(rest),
          ...(rest.variant === String(stack.variant) ? [] : [`variant ${rest.variant} runs, not ${stack.variant}`]),
        ];
        t.same(faults, [], faults.length === 0 ? `killed at ${place}` : `killed at ${place}\n${told}`);
      }
    }),
  );
  await next(one);
  const last = await m.phoenix(["deploy", one.stack], { timeoutMs: 120_000 });
  t.equal(last.exitCode, 0, last.stdout + last.stderr);
  t.same(await sharedLeftovers(m), [], "the last deploy swept what all of them left in the folders they share");
  t.comment(`${killed} deploys killed, at ${total - open.length} of ${total} places`);
  t.ok(killed > 0, "some were killed");
});
