import type { Generation } from "../domain/generation.ts";
import type { ProbeResult, ProbeRoute } from "../domain/policy.ts";
import type { Ms } from "../domain/words.ts";
import type { GateObservation, GateQuestion } from "../health/gate-facts.ts";
import type { Ports } from "../ports/ports.ts";
import { routeFor } from "../stack/route.ts";

const portTimeoutMs: Ms = 1000;

/** Asks one question of the gate and brings back the observation. Never throws. */
export async function askQuestion(
  question: GateQuestion,
  target: Pick<Generation, "units">,
  ports: Pick<Ports, "prober" | "host" | "clock">,
): Promise<GateObservation> {
  const { service, invocation } = question;
  const unit = target.units.find((other) => other.service === service);
  const timeoutMs = unit?.policy?.timeoutMs ?? portTimeoutMs;
  if (question.kind === "probe") {
    const route: ProbeRoute = unit === undefined ? { via: "systemd" } : routeFor(unit, question.probe);
    const result = await ports.prober.probe({ probe: question.probe, route, service, timeoutMs });
    return { kind: "probe", service, invocation, roles: question.roles, result, atMs: ports.clock.monotonic() };
  }
  const { port, address, probe } = question;
  const result =
    probe === undefined
      ? await connects(address, port.hostPort, ports)
      : await ports.prober.probe({
          probe,
          route: { via: "host", host: address, port: port.hostPort },
          service,
          timeoutMs: Math.max(timeoutMs, portTimeoutMs),
        });
  return { kind: "port", service, invocation, port, result, atMs: ports.clock.monotonic() };
}

async function connects(address: string, port: number, ports: Pick<Ports, "host" | "clock">): Promise<ProbeResult> {
  const startedMs = ports.clock.monotonic();
  const accepted = await ports.host.accepts(address, port, portTimeoutMs);
  const latencyMs = ports.clock.monotonic() - startedMs;
  return accepted
    ? { outcome: "success", detail: "accepts connections", latencyMs }
    : { outcome: "failure", detail: "nobody behind it answers", latencyMs };
}
