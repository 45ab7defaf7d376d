import type { Ms } from "../domain/words.ts";
import { sayExit, type UnitPhase } from "../health/unit.ts";
import type { HealStance, ServiceHealing } from "./state.ts";
import type { ServiceView } from "./view.ts";

/** What a service needs from Phoenix, before anybody asks whether it may have it now. */
export type Need =
  | { readonly kind: "restart" | "start"; readonly because: string; readonly settleMs: Ms }
  | { readonly kind: "none"; readonly stance: HealStance; readonly because: string };

/**
 * A dead unit is believed after a second: a person's `systemctl restart` looks dead for a moment, and the word that a person stopped
 * it may come after the look that shows it.
 */
const settleMs = 1000;

const needs: Readonly<Record<UnitPhase, (service: ServiceView, healing: ServiceHealing) => Need>> = {
  missing: () => none("left-alone", "systemd does not know this unit"),
  idle: () => start("it was not started"),
  starting: () => none("systemd", "systemd is starting it"),
  stopping: () => none("systemd", "it is being stopped"),
  restarting: ({ health }) => none("systemd", health.because),
  ended: endedNeed,
  failed: ({ health: { unit } }) => start(unit === undefined ? "it failed" : `systemd gave up on it: ${sayExit(unit)}`),
  up: ({ oneshot, health }) =>
    !oneshot && health.outcome === "unhealthy"
      ? { kind: "restart", because: health.because, settleMs: 0 }
      : none(health.outcome === "healthy" || oneshot ? "fine" : "left-alone", health.because),
};

/** What a service needs, from its own state alone. */
export function needOf(service: ServiceView, healing: ServiceHealing): Need {
  const { phase, unit } = service.health;
  if (phase === undefined) return none("left-alone", "not looked at yet");
  if (service.stoppedByHand && phase !== "up") return none("left-alone", "stopped by hand");
  if (service.policy.heal === "none") return none(service.health.outcome === "healthy" ? "fine" : "left-alone", "Heal=none");
  const need = needs[phase](service, healing);
  // Killing what cannot be started again would make an outage out of a hiccup.
  if (need.kind !== "none" && unit?.loadState !== "loaded") return none("left-alone", "its unit file is missing");
  return need;
}

/** An end with success is systemd's or a person's business, unless it went down with its dependency: then nobody else starts it. */
function endedNeed({ oneshot, health: { because } }: ServiceView, { strandedBy }: ServiceHealing): Need {
  if (oneshot) return none("fine", "done");
  if (strandedBy !== undefined) return start(`it went down with ${strandedBy}, which is back`);
  return none("left-alone", because);
}

function start(because: string): Need {
  return { kind: "start", because, settleMs };
}

function none(stance: HealStance, because: string): Need {
  return { kind: "none", stance, because };
}
