import { runnableUnits } from "../../domain/generation.ts";
import { diffGenerations } from "../../plan/diff.ts";
import { check, count, finding } from "./check.ts";

export const unitsCheck = check("units", "every unit of the running generation is loaded and active", ["observed"], ({ observed }) => {
  const { current, ledger } = observed;
  const down = diffGenerations(current, observed).filter((change) => change.action === "start" && change.unit.type !== "volume");
  const stopped = down.filter((change) => ledger.stoppedByHand.has(change.service));
  const given = [...ledger.openBreakers].filter(([service]) => current.units.some((unit) => unit.service === service));
  return {
    seen: count(runnableUnits(current).length, "service"),
    findings: [
      ...down
        .filter((change) => !stopped.includes(change))
        .map((change) =>
          finding(
            "service-down",
            change.unit,
            `${change.service} does not run: ${change.because.join("; ")}.`,
            `Look at \`phoenix logs\` for the reason; \`systemctl --user start ${change.service}\` starts it.`,
          ),
        ),
      ...given.map(([service, { because }]) =>
        finding(
          "service-given-up",
          current.units.find((unit) => unit.service === service),
          `Phoenix gave up on ${service} for now: ${because}.`,
        ),
      ),
    ],
    unchecked: stopped.map((change) => `${change.service} was stopped by hand`),
  };
});
