import type { PortFact, ProbeFact } from "../../check/verify/facts.ts";
import type { GenerationUnit } from "../../domain/generation.ts";
import type { Probe } from "../../domain/policy.ts";
import { portQuestion } from "../../health/gate-questions.ts";
import { isOneshot } from "../../plan/observed.ts";
import { showProbe } from "../../stack/probe.ts";
import { routeFor } from "../../stack/route.ts";
import { askQuestion } from "../question.ts";
import type { VerifyPorts } from "./verify.ts";

/** One answer for every different probe of the services. */
export async function probesOf(units: readonly GenerationUnit[], ports: Pick<VerifyPorts, "prober">): Promise<readonly ProbeFact[]> {
  const asked = units.flatMap((unit) => {
    const { readiness, liveness } = unit.policy ?? {};
    const probes = [readiness, liveness].filter((probe): probe is Probe => probe !== undefined && probe.kind !== "unit");
    return [...new Map(probes.map((probe) => [JSON.stringify(probe), { unit, probe }])).values()];
  });
  return await Promise.all(
    asked.map(async ({ unit, probe }) => ({
      unit,
      shown: showProbe(probe),
      result: await ports.prober.probe({
        probe,
        route: routeFor(unit, probe),
        service: unit.service,
        timeoutMs: unit.policy?.timeoutMs ?? 1000,
      }),
    })),
  );
}

/** The published ports, asked as the gate asks them. */
export async function publishedOf(
  units: readonly GenerationUnit[],
  ports: Pick<VerifyPorts, "prober" | "host" | "clock">,
): Promise<readonly PortFact[]> {
  const target = { units };
  return await Promise.all(
    units.flatMap((unit) => {
      const { policy } = unit;
      if (policy === undefined || isOneshot(unit)) return [];
      return unit.ports.map(async (port): Promise<PortFact> => {
        if (port.protocol !== "tcp") return { unit, port, result: undefined };
        const question = portQuestion({ service: unit.service, policy }, port, "", 0);
        const answer = await askQuestion(question, target, ports);
        return { unit, port, result: answer.kind === "port" ? answer.result : undefined };
      });
    }),
  );
}
