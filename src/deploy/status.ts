import { type GenerationUnit, runnableUnits } from "../domain/generation.ts";
import { foldLedger, type LedgerState } from "../domain/ledger.ts";
import type { UnitState } from "../domain/observed.ts";
import type { StackName } from "../domain/words.ts";
import type { HealthOutcome } from "../health/service.ts";
import type { Ports } from "../ports/ports.ts";
import { routeFor } from "../stack/route.ts";
import { readGeneration } from "./observe.ts";

export type ServiceStatus = {
  readonly service: string;
  readonly state: string;
  readonly health: HealthOutcome;
  readonly because: string;
  /** ms since 1970; 0 = not running. */
  readonly since: number;
  readonly restarts: number;
  readonly ports: readonly string[];
  readonly image: string;
};

export type StackStatus = {
  readonly stack: StackName;
  readonly generation: number;
  readonly since: number;
  readonly pending: number | null;
  readonly healthy: boolean;
  readonly services: readonly ServiceStatus[];
};

/** The state of one stack, asked fresh: systemd's word and one readiness probe per running service. Works without the agent. */
export async function stackStatus(
  stack: StackName,
  ports: Pick<Ports, "history" | "generations" | "units" | "prober">,
): Promise<StackStatus> {
  const ledger = foldLedger((await ports.history.read(stack)).lines);
  const generation = await readGeneration(stack, ledger.current, ports);
  const units = runnableUnits(generation);
  const states = new Map((await ports.units.list(units.map((unit) => unit.service))).map((state) => [state.service, state]));
  const services = await Promise.all(units.map((unit) => serviceStatus(unit, states.get(unit.service), ledger, ports)));
  return {
    stack,
    generation: ledger.current,
    since: ledger.since,
    pending: ledger.pending?.generation ?? null,
    healthy: services.every(
      (service) => service.health === "healthy" || (service.health === "stopped" && ledger.stoppedByHand.has(service.service)),
    ),
    services,
  };
}

async function serviceStatus(
  unit: GenerationUnit,
  state: UnitState | undefined,
  ledger: LedgerState,
  ports: Pick<Ports, "prober">,
): Promise<ServiceStatus> {
  const breaker = ledger.openBreakers.get(unit.service);
  const { health, because } = await healthOf(unit, state, ports);
  return {
    service: unit.service,
    state: state === undefined ? "unknown" : `${state.activeState} (${state.subState})`,
    health,
    because:
      ledger.stoppedByHand.has(unit.service) && health === "stopped"
        ? "stopped by hand"
        : breaker === undefined
          ? because
          : `${because}; given up: ${breaker.because}`,
    since: state?.activeState === "active" ? state.activeSince : 0,
    restarts: state?.restarts ?? 0,
    ports: unit.ports.map((port) => `${port.hostAddress === "" ? "*" : port.hostAddress}:${port.hostPort}`),
    image: unit.image?.reference ?? "",
  };
}

async function healthOf(
  unit: GenerationUnit,
  state: UnitState | undefined,
  ports: Pick<Ports, "prober">,
): Promise<{ readonly health: HealthOutcome; readonly because: string }> {
  if (state === undefined || state.loadState !== "loaded")
    return { health: "unknown", because: `systemd says ${state?.loadState ?? "nothing"}` };
  if (state.activeState === "failed") return { health: "failed", because: `${state.result}, status ${state.execMainStatus}` };
  if (state.activeState === "inactive" || state.activeState === "deactivating") return { health: "stopped", because: state.result };
  if (state.activeState !== "active") return { health: "starting", because: state.subState };
  const probe = unit.policy?.readiness ?? { kind: "unit" };
  if (probe.kind === "unit") return { health: "healthy", because: "systemd says active" };
  const result = await ports.prober.probe({
    probe,
    route: routeFor(unit, probe),
    service: unit.service,
    timeoutMs: unit.policy?.timeoutMs ?? 1000,
  });
  return {
    health: result.outcome === "success" ? "healthy" : result.outcome === "failure" ? "notReady" : "unknown",
    because: result.detail,
  };
}
