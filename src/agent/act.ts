import type { Failpoint } from "../deploy/failpoint.ts";
import { goBack } from "../deploy/transaction.ts";
import { foldLedger } from "../domain/ledger.ts";
import type { Ms, ServiceName, StackName } from "../domain/words.ts";
import type { HealAction } from "../heal/view.ts";
import type { Ports } from "../ports/ports.ts";
import { recordEvent } from "./record.ts";
import { restartWithin } from "./restart.ts";

type ActionOf<K extends HealAction["kind"]> = Extract<HealAction, { readonly kind: K }>;
type Laned = Exclude<HealAction["kind"], "open-breaker" | "close-breaker" | "recheck">;

export type ActContext = {
  readonly stack: StackName;
  readonly ports: Ports;
  readonly progress: (line: string) => void;
  readonly failpoint: Failpoint;
};
type Executors = { readonly [K in Laned]: (action: ActionOf<K>, context: ActContext) => Promise<void> };

/** How long a start is waited for under the lane; it goes on by itself, and the looks tell what becomes of it. */
const startWaitMs: Ms = 3_000;
const stopWaitMs: Ms = 15_000;
const remakeWaitMs: Ms = 30_000;

const executors: Executors = {
  "restore-unit-files": async ({ files, because }, { stack, ports }) => {
    const { current } = foldLedger((await ports.history.read(stack)).lines);
    await ports.generations.switch(stack, current, "keep");
    await ports.units.reload();
    await recordEvent(stack, { event: "restored", what: files.join(", "), because }, ports);
  },
  "recreate-network": async ({ network, unit, services, because }, context) => {
    if (unit === undefined) return;
    const { units, objects } = context.ports;
    await Promise.all(services.map((service) => units.job("stop", service, stopWaitMs)));
    // It is gone already; what its name server remembers of it is not. A network that somebody made meanwhile is in use, and stays.
    await objects.removeNetwork(network).catch(() => {});
    await remake(`network ${network}`, unit, services, because, context);
  },
  "recreate-volume": async ({ volume, unit, services, because }, context) => {
    if (unit !== undefined) await remake(`volume ${volume}`, unit, services, because, context);
  },
  start: async ({ service, because, attempt }, { stack, ports }) => {
    await recordEvent(stack, { event: "restarted", service, because, attempt }, ports);
    await ports.units.job("start", service, startWaitMs);
  },
  restart: async ({ service, because, attempt, graceMs }, { stack, ports }) => {
    await recordEvent(stack, { event: "restarted", service, because, attempt }, ports);
    await restartWithin({ service, graceMs, startWaitMs }, ports);
  },
  rollback: async ({ service, because }, { stack, ports, progress, failpoint }) => {
    const { current } = foldLedger((await ports.history.read(stack)).lines);
    const wanted = await ports.generations.read(stack, current);
    const startedAtMs = ports.clock.monotonic();
    // In this order: a crash after the first line gives the generation another chance, one after the second goes on going back.
    await ports.history.append(stack, { event: "pending", generation: current, from: current, verb: "heal" });
    await ports.history.append(stack, { event: "failed", generation: current, digest: wanted.digest, because, service });
    const request = {
      ...{ stack, verb: "heal", wanted, removeVolumes: false, failpoint, progress },
      interrupted: new AbortController().signal,
    };
    await goBack(request, { because, interrupted: false }, startedAtMs, ports);
  },
};

/** The object's own unit makes it again; then its users start, unless that happens anyway. */
async function remake(
  what: string,
  unit: ServiceName,
  services: readonly ServiceName[],
  because: string,
  { stack, ports }: ActContext,
): Promise<void> {
  await ports.units.job("restart", unit, remakeWaitMs);
  await recordEvent(stack, { event: "restored", what, because }, ports);
  await Promise.all(services.map((service) => ports.units.job("start", service, startWaitMs)));
}

/** Carries out actions in their order; starts and restarts of several services run side by side. */
export async function act(actions: readonly HealAction[], context: ActContext): Promise<void> {
  const isSideBySide = ({ kind }: HealAction): boolean => kind === "start" || kind === "restart";
  for (const action of actions.filter((one) => !isSideBySide(one))) await run(action, context);
  await Promise.all(actions.filter(isSideBySide).map((action) => run(action, context)));
}

async function run(action: HealAction, context: ActContext): Promise<void> {
  const execute = (executors as Partial<Record<HealAction["kind"], (action: HealAction, context: ActContext) => Promise<void>>>)[
    action.kind
  ];
  await execute?.(action, context);
}
