import type { JobResult } from "../../domain/observed.ts";
import type { Ms, ServiceName } from "../../domain/words.ts";
import type { UnitChange } from "../../ports/machine.ts";
import type { Bus } from "./bus.ts";
import type { Jobs } from "./jobs.ts";
import { callManager, getProperty, systemd } from "./manager.ts";
import type { ManagerEvent, ManagerSignals } from "./signals.ts";

const settleMs: Ms = 10;
const endings: ReadonlySet<string> = new Set(["exit.target", "shutdown.target"]);

/**
 * Turns the manager's signals into changes. A crash comes without a job, a stop by a person with one; but JobNew and JobRemoved carry
 * no job type, so it is asked for while the job exists (a stop of a container takes 50 ms at least).
 */
export function watchUnits(bus: Bus, signals: ManagerSignals, jobs: Jobs): (changed: (change: UnitChange) => void) => Promise<() => void> {
  const watchers = new Set<(change: UnitChange) => void>();
  const types = new Map<string, Promise<string | undefined>>();
  // When the user manager ends, everything gets a stop job that nobody meant for it.
  let ending = false;

  const tell = (change: UnitChange): void => {
    for (const watcher of watchers) {
      try {
        watcher(change);
      } catch (error) {
        bus.failed(error);
      }
    }
  };

  // One change of state comes as ten signals: they are told as one.
  const changed = new Set<ServiceName>();
  const tellUnits = (): void => {
    for (const service of changed) tell({ kind: "unit", service });
    changed.clear();
  };

  const jobEnded = async (path: string, service: ServiceName, result: JobResult): Promise<void> => {
    const known = types.get(path);
    types.delete(path);
    const jobType = (await known) ?? (await guessType(bus, service, result));
    const own = await jobs.isOwn(path);
    tell({ kind: "job", service, jobType, result, own });
  };

  const hearJob = (event: Extract<ManagerEvent, { readonly path: string }>): void => {
    if (event.kind === "job-new" && endings.has(event.service)) ending = true;
    if (ending || !event.service.endsWith(".service")) return;
    if (event.kind === "job-new") types.set(event.path, askType(bus, event.path));
    else void jobEnded(event.path, event.service, event.result);
  };

  const hear: { readonly [K in ManagerEvent["kind"]]: (event: Extract<ManagerEvent, { readonly kind: K }>) => void } = {
    unit: ({ service }) => {
      if (changed.size === 0) setTimeout(tellUnits, settleMs);
      changed.add(service);
    },
    reloaded: () => tell({ kind: "relist" }),
    anew: () => {
      types.clear();
      ending = false;
      void seed(bus, types);
      tell({ kind: "relist" });
    },
    "job-new": hearJob,
    "job-removed": hearJob,
  };

  signals.on((event) => {
    if (watchers.size > 0) (hear[event.kind] as (event: ManagerEvent) => void)(event);
  });
  return async (watcher) => {
    watchers.add(watcher);
    await signals.ready();
    await seed(bus, types);
    return () => watchers.delete(watcher);
  };
}

async function askType(bus: Bus, path: string): Promise<string | undefined> {
  const type = await getProperty(bus, path, `${systemd}.Job`, "JobType").catch(() => undefined);
  return typeof type === "string" ? type : undefined;
}

/** Jobs that were queued before we listened. */
async function seed(bus: Bus, types: Map<string, Promise<string | undefined>>): Promise<void> {
  const [rows] = await callManager(bus, "ListJobs").catch(() => [[]]);
  for (const [, service, type, , path] of rows as readonly (readonly unknown[])[]) {
    if (String(service).endsWith(".service")) types.set(String(path), Promise.resolve(String(type)));
  }
}

/**
 * The job was over before we could ask: a start that waits for nothing, or a stop of a unit that only waited for its next automatic
 * restart. The state afterwards tells the two apart.
 */
async function guessType(bus: Bus, service: ServiceName, result: JobResult): Promise<string> {
  if (result !== "done") return "unknown";
  const [rows] = await callManager(bus, "ListUnitsByNames", [[service]]).catch(() => [[]]);
  const [row] = rows as readonly (readonly unknown[])[];
  return guesses[String(row?.[3])] ?? "unknown";
}

const guesses: Readonly<Record<string, string>> = { active: "start", activating: "start", reloading: "start", inactive: "stop" };
