import { runnableUnits } from "../domain/generation.ts";
import type { UnitState } from "../domain/observed.ts";
import type { GateSubject } from "../health/gate-facts.ts";
import { isOneshot, isUp } from "../plan/observed.ts";
import type { GateOptions } from "./gate.ts";

/** Who is judged: what the change starts, and everything else that ran before and could have been taken down with it. */
export function gateSubjects({ target, observed, changes }: Pick<GateOptions, "target" | "observed" | "changes">): readonly GateSubject[] {
  return runnableUnits(target).flatMap((unit): readonly GateSubject[] => {
    const change = changes.find((other) => other.service === unit.service);
    if (unit.policy === undefined) return [];
    const job = change?.action === "restart" ? "restart" : change?.action === "start" || change?.action === "recreate" ? "start" : "none";
    const before = observed.units.get(unit.service) ?? notLoaded(unit.service);
    const role = job !== "none" ? "affected" : isUp(before) ? "dependent" : "dependency";
    return [
      {
        service: unit.service,
        role,
        job,
        policy: unit.policy,
        after: unit.after,
        ports: unit.ports,
        oneshot: isOneshot(unit),
        before,
      },
    ];
  });
}

function notLoaded(service: string): UnitState {
  return {
    service,
    loadState: "not-found",
    activeState: "inactive",
    subState: "dead",
    result: "success",
    execMainStatus: 0,
    mainPid: 0,
    restarts: 0,
    invocation: "",
    sourcePath: "",
    fragmentPath: "",
    dropInPaths: [],
    activeSince: 0,
    stateChangedAt: 0,
  };
}
