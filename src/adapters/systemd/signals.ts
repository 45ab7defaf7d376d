import type { JobResult } from "../../domain/observed.ts";
import type { ServiceName } from "../../domain/words.ts";
import type { Bus } from "./bus.ts";
import type { BusSignal, Connection } from "./connection.ts";
import { forgive, names } from "./failure.ts";
import { callManager, everySignal, managerPath, ownerSignal, propertiesInterface, systemd, unitOfPath } from "./manager.ts";

/**
 * What the manager tells by itself. Without Subscribe() it tells nothing on a machine where nobody is logged in, and it forgets its
 * subscribers when its own bus connection is made anew: so we subscribe on every connect and on every change of its owner.
 */
export type ManagerEvent =
  | { readonly kind: "unit"; readonly service: ServiceName }
  | { readonly kind: "job-new"; readonly path: string; readonly service: ServiceName }
  | { readonly kind: "job-removed"; readonly path: string; readonly service: ServiceName; readonly result: JobResult }
  /** Signals may have been lost, and job numbers may start anew. */
  | { readonly kind: "anew" }
  | { readonly kind: "reloaded" };

export type ManagerSignals = {
  readonly on: (handler: (event: ManagerEvent) => void) => () => void;
  /** Resolves when the match rules and the subscription are in place. */
  readonly ready: () => Promise<void>;
};

export function listenToManager(bus: Bus): ManagerSignals {
  const handlers = new Set<(event: ManagerEvent) => void>();
  const tell = (event: ManagerEvent): void => {
    for (const handler of handlers) handler(event);
  };
  // Between the two Reloading edges every unit is said to change; the truth is what a relist finds afterwards.
  let reloading = false;

  const anew = async (caller: Pick<Connection, "call">): Promise<void> => {
    reloading = false;
    await callManager(caller, "Subscribe").catch(forgive(names.alreadySubscribed));
    tell({ kind: "anew" });
  };

  const hear = (signal: BusSignal): void => {
    if (signal.member === "NameOwnerChanged") {
      const [name, , owner] = signal.body;
      // daemon-reexec: a new owner, the same bus. A refused Subscribe is healed by the next change of owner or connection.
      if (name === systemd && owner !== "") anew(bus).catch(() => tell({ kind: "anew" }));
      return;
    }
    if (signal.path === managerPath && signal.member === "Reloading") {
      reloading = signal.body[0] === true;
      if (!reloading) tell({ kind: "reloaded" });
      return;
    }
    const event = eventOf(signal);
    if (event === undefined || (reloading && event.kind === "unit")) return;
    tell(event);
  };

  let setUp: Promise<void> | undefined;
  return {
    on: (handler) => {
      handlers.add(handler);
      return () => handlers.delete(handler);
    },
    ready: () => {
      setUp ??= (async () => {
        await bus.listen(ownerSignal, hear);
        await bus.listen(everySignal, hear);
        await bus.onConnect(anew);
      })().catch((error: unknown) => {
        setUp = undefined;
        throw error;
      });
      return setUp;
    },
  };
}

function eventOf({ path, member, interface: interfaceName, body }: BusSignal): ManagerEvent | undefined {
  if (interfaceName === propertiesInterface) {
    const service = unitOfPath(path);
    return service?.endsWith(".service") === true ? { kind: "unit", service } : undefined;
  }
  if (path !== managerPath) return undefined;
  if (member === "JobNew") return { kind: "job-new", path: String(body[1]), service: String(body[2]) };
  if (member !== "JobRemoved") return undefined;
  return { kind: "job-removed", path: String(body[1]), service: String(body[2]), result: resultOf(String(body[3])) };
}

const results: Readonly<Record<JobResult, true>> = {
  done: true,
  canceled: true,
  timeout: true,
  failed: true,
  dependency: true,
  skipped: true,
  assert: true,
  unsupported: true,
  collected: true,
  once: true,
  lost: true,
};

/** A word that a later systemd invents is a failure until we know better. */
function resultOf(word: string): JobResult {
  return Object.hasOwn(results, word) ? (word as JobResult) : "failed";
}
