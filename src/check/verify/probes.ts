import { runnableUnits } from "../../domain/generation.ts";
import { check, count, finding } from "./check.ts";

export const probesCheck = check(
  "probes",
  "every readiness and liveness probe of the running services succeeds",
  ["observed", "probes"],
  ({ observed, probes }) => ({
    seen: count(probes.filter(({ result }) => result.outcome !== "error").length, "probe"),
    findings: probes
      .filter(({ result }) => result.outcome === "failure")
      .map(({ unit, shown, result }) => finding("probe-failed", unit, `${unit.service} fails its probe ${shown}: ${result.detail}.`)),
    unchecked: [
      ...probes
        .filter(({ result }) => result.outcome === "error")
        .map(({ unit, shown, result }) => `${unit.service}, ${shown}: ${result.detail}`),
      ...runnableUnits(observed.current)
        .filter((unit) => unit.policy?.readiness.kind === "unit" && unit.policy.liveness.kind === "unit")
        .map((unit) => `${unit.service} has no probe: only systemd's word says that it works`),
    ],
  }),
);
