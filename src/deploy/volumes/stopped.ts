import type { StackVolumes } from "../../check/volume-uses.ts";
import { PhoenixError } from "../../domain/errors.ts";
import { type GenerationUnit, runnableUnits } from "../../domain/generation.ts";
import type { Ms, ServiceName } from "../../domain/words.ts";
import { isUp } from "../../plan/observed.ts";
import type { Ports } from "../../ports/ports.ts";
import { startOrder } from "../../stack/graph.ts";

/** Who holds a volume right now. */
export type Holders = {
  /** Services of ours that run with it. */
  readonly services: readonly ServiceName[];
  /** Containers that belong to nobody of ours. */
  readonly strangers: readonly string[];
};

/** Asks Podman, and not the generations alone: somebody may have started a container by hand. */
export async function holdersOf(name: string, stacks: readonly StackVolumes[], ports: Pick<Ports, "volumes">): Promise<Holders> {
  const ours = new Set(stacks.flatMap(({ current }) => current.units.map(({ service }) => service)));
  const users = await ports.volumes.users(name);
  const isOurs = (service: string | undefined): service is string => service !== undefined && ours.has(service);
  return {
    services: [...new Set(users.flatMap(({ service }) => (isOurs(service) ? [service] : [])))],
    strangers: users.filter(({ service }) => !isOurs(service)).map(({ container }) => container),
  };
}

const stopMs: Ms = 120_000;
const aroundStartMs: Ms = 60_000;

/**
 * Stops services, works, and starts again whatever ran before, in the order of dependencies. The caller holds the lanes. To the agent
 * these are a person's stops, as the work is a person's wish: if we are killed in between, they stay stopped, and `status` says so.
 */
export async function whileStopped<T>(
  services: readonly ServiceName[],
  stacks: readonly StackVolumes[],
  { progress, work }: { readonly progress: (line: string) => void; readonly work: () => Promise<T> },
  ports: Pick<Ports, "units">,
): Promise<T> {
  if (services.length === 0) return await work();
  const units = startOrder(stacks.flatMap(({ current }) => runnableUnits(current)));
  const before = await upAmong(units, ports);
  for (const unit of units.toReversed().filter(({ service }) => services.includes(service))) {
    progress(`stopping ${unit.service}`);
    if ((await ports.units.job("stop", unit.service, stopMs)) !== "done") await ports.units.kill(unit.service);
  }
  const startAgain = async (): Promise<void> => {
    // What needs the stopped ones went down with them.
    const now = await upAmong(units, ports);
    await startAll(
      units.filter(({ service }) => before.has(service) && !now.has(service)),
      progress,
      ports,
    );
  };
  let result: T;
  try {
    result = await work();
  } catch (error) {
    // Why it failed says more than what then did not start.
    await startAgain().catch(() => {});
    throw error;
  }
  await startAgain();
  return result;
}

async function upAmong(units: readonly GenerationUnit[], ports: Pick<Ports, "units">): Promise<ReadonlySet<ServiceName>> {
  const states = await ports.units.list(units.map(({ service }) => service));
  return new Set(states.filter(isUp).map(({ service }) => service));
}

async function startAll(units: readonly GenerationUnit[], progress: (line: string) => void, ports: Pick<Ports, "units">): Promise<void> {
  const failed: string[] = [];
  for (const { service, policy } of units) {
    progress(`starting ${service}`);
    const result = await ports.units.job("start", service, (policy?.startupDeadlineMs ?? 0) + aroundStartMs);
    if (result !== "done") failed.push(`${service} (${result})`);
  }
  if (failed.length > 0) throw new PhoenixError("repair-failed", `Cannot start again what was stopped: ${failed.join(", ")}.`);
}
