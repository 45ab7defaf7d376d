import type { Policy } from "../domain/policy.ts";
import { showDuration } from "../domain/time.ts";
import type { Ms } from "../domain/words.ts";
import { isProvenBySystemdOnly } from "./roles.ts";
import { sayRow } from "./run.ts";
import type { HealthOutcome, ServiceHealth } from "./service.ts";
import { sayExit, type UnitPhase } from "./unit.ts";

type Judgement = { readonly outcome: HealthOutcome; readonly because: string };

const judgements: Readonly<Record<UnitPhase, (health: ServiceHealth, policy: Policy) => Judgement>> = {
  missing: () => ({ outcome: "unknown", because: "systemd does not know this unit" }),
  idle: () => ({ outcome: "stopped", because: "it was not started yet" }),
  starting: () => ({ outcome: "starting", because: "systemd is starting it" }),
  stopping: () => ({ outcome: "stopped", because: "it is being stopped" }),
  restarting: ({ unit }) => ({ outcome: "starting", because: `systemd restarts it${unit === undefined ? "" : ` (${sayExit(unit)})`}` }),
  ended: ({ unit }) => ({ outcome: "stopped", because: unit === undefined ? "it ended" : `it ended: ${sayExit(unit)}` }),
  failed: ({ unit }) => ({ outcome: "failed", because: unit === undefined ? "it failed" : sayExit(unit) }),
  up: judgeRunning,
};

/** The outcome word of a service and why. */
export function judgeOutcome(health: ServiceHealth, policy: Policy): Judgement {
  if (health.phase === undefined) return { outcome: "unknown", because: "not looked at yet" };
  return judgements[health.phase](health, policy);
}

function judgeRunning(health: ServiceHealth, policy: Policy): Judgement {
  const { startup, readiness, liveness } = health.runs;
  if (health.startup === "fail")
    return {
      outcome: "unhealthy",
      because: `not started within ${showDuration(policy.startupDeadlineMs)}: ${sayRow(startup.detail, startup.failures)}`,
    };
  if (health.liveness === "fail") return { outcome: "unhealthy", because: sayRow(liveness.detail, liveness.failures) };
  if (health.startup === "unknown") return { outcome: "starting", because: sayWaiting(startup.error, startup.detail) };
  if (health.readiness === "pass") return { outcome: "healthy", because: sayHealthy(health, policy) };
  const because = health.wasReady ? sayRow(readiness.detail, readiness.failures) : sayWaiting(readiness.error, readiness.detail);
  return { outcome: "notReady", because };
}

function sayHealthy(health: ServiceHealth, policy: Policy): string {
  if (isProvenBySystemdOnly(policy)) return "systemd says active";
  const { readiness, liveness } = health.runs;
  const failing = [readiness, liveness].find((run) => run.failures > 0);
  if (failing !== undefined) return `${failing.detail} (${failing.failures} of ${policy.failureThreshold} in a row)`;
  return readiness.error === "" ? readiness.detail : `${readiness.detail}; lately it could not be asked: ${readiness.error}`;
}

function sayWaiting(error: string, detail: string): string {
  if (error !== "") return `it could not be asked: ${error}`;
  return detail === "" ? "not probed yet" : `not ready yet: ${detail}`;
}

/** How many periods after a failed probe a healthy service still counts as degraded. */
const degradedPeriods = 6;

/** True for a healthy service that fails now and then, below its threshold. */
export function isDegraded(health: ServiceHealth, policy: Policy, nowMs: Ms): boolean {
  if (health.outcome !== "healthy") return false;
  return [health.runs.readiness, health.runs.liveness].some(
    ({ failedAtMs }) => failedAtMs !== undefined && nowMs - failedAtMs <= degradedPeriods * policy.periodMs,
  );
}
