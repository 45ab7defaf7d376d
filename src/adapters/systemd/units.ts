import { constants } from "node:os";
import type { UnitState } from "../../domain/observed.ts";
import type { ServiceName } from "../../domain/words.ts";
import type { Units } from "../../ports/machine.ts";
import type { Bus } from "./bus.ts";
import { forgive, names } from "./failure.ts";
import { trackJobs } from "./jobs.ts";
import { callManager, getAllProperties, getProperty, isUnitName, managerPath, systemd } from "./manager.ts";
import { reloadManager } from "./reload.ts";
import { listenToManager } from "./signals.ts";
import { unitStateOf, unknownUnit } from "./unitState.ts";
import { watchUnits } from "./watch.ts";

/** A unit has 350 properties: more at once would only make one answer wait for the other. */
const atOnce = 4;

/** systemd's user manager as the `Units` port. */
export function systemdUnits(bus: Bus): Units {
  const signals = listenToManager(bus);
  const jobs = trackJobs(bus, signals);
  return {
    list: (services, known) => listUnits(bus, services, known),
    job: jobs.run,
    kill: async (service) => {
      // A unit that is gone, or has no process left, needs no kill.
      const gone = forgive(names.noSuchUnit, names.noSuchProcess);
      await callManager(bus, "KillUnit", [service, "all", constants.signals.SIGKILL]).catch(gone);
    },
    reload: () => reloadManager(bus),
    environment: () => managerEnvironment(bus),
    watch: watchUnits(bus, signals, jobs),
  };
}

async function listUnits(
  bus: Bus,
  services: readonly ServiceName[],
  known: ReadonlyMap<ServiceName, UnitState> = new Map(),
): Promise<readonly UnitState[]> {
  const askable = services.filter(isUnitName);
  // Loads what is not loaded, so that LoadState is told for every name, in the order of the names.
  const [rows] = askable.length === 0 ? [[]] : await callManager(bus, "ListUnitsByNames", [askable]);
  const paths = new Map<ServiceName, string>();
  const states = new Map<ServiceName, UnitState>();
  for (const [index, row] of (rows as readonly (readonly unknown[])[]).entries()) {
    const asked = askable[index];
    if (asked === undefined || isAbsent(row)) continue;
    const before = known.get(asked);
    if (before !== undefined && isAsBefore(row, before)) states.set(asked, before);
    else paths.set(asked, String(row[6]));
  }
  const rest = [...paths];
  const work = async (): Promise<void> => {
    for (let next = rest.pop(); next !== undefined; next = rest.pop()) {
      const [service, path] = next;
      states.set(service, unitStateOf(service, await getAllProperties(bus, path, "")));
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return services.map((service) => states.get(service) ?? unknownUnit(service));
}

/** Not there and not running: its 350 properties say nothing more. */
function isAbsent(row: readonly unknown[]): boolean {
  return row[2] === "not-found" && row[3] === "inactive";
}

function isAsBefore([, , loadState, activeState, subState]: readonly unknown[], before: UnitState): boolean {
  return loadState === before.loadState && activeState === before.activeState && subState === before.subState;
}

async function managerEnvironment(bus: Bus): Promise<Readonly<Record<string, string>>> {
  const assignments = (await getProperty(bus, managerPath, `${systemd}.Manager`, "Environment")) as readonly string[];
  return Object.fromEntries(
    assignments.map((assignment) => {
      const at = assignment.indexOf("=");
      return [assignment.slice(0, at), assignment.slice(at + 1)];
    }),
  );
}
