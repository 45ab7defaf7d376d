import type { Ms } from "../domain/words.ts";
import { backoffMs, backoffSteps, type Rng } from "./backoff.ts";
import { blockerOf, type ServiceIndex } from "./graph.ts";
import type { HealState, ObjectHealing } from "./state.ts";
import type { HealAction, MissingObject, ServiceView, StackView } from "./view.ts";

type Missing = { readonly object: MissingObject; readonly services: readonly ServiceView[] };
type Candidate = { readonly key: string; readonly action: HealAction };

/** What services run on: unit files, networks and volumes that are gone. Each has a back-off of its own. */
export function decideObjects(
  view: StackView,
  { index, state, nowMs, rng }: { readonly index: ServiceIndex; readonly state: HealState; readonly nowMs: Ms; readonly rng: Rng },
): { readonly actions: readonly HealAction[]; readonly objects: HealState["objects"] } {
  const objects = new Map([...state.objects].filter(([, one]) => nowMs - one.lastAtMs < backoffSteps.resetMs));
  const touchable = view.services.filter((service) => isTouchable(service, index, state));
  const due = candidates(view, touchable).filter(({ key }) => (objects.get(key)?.notBeforeMs ?? nowMs) <= nowMs);
  for (const { key } of due) objects.set(key, nextTry(objects.get(key), nowMs, rng));
  return { actions: due.map(({ action }) => action), objects };
}

function isTouchable(service: ServiceView, index: ServiceIndex, state: HealState): boolean {
  const isGivenUp = state.services.get(service.service)?.breaker.state === "open";
  return !service.stoppedByHand && !isGivenUp && service.policy.heal !== "none" && blockerOf(service, index, state) === undefined;
}

function candidates(view: StackView, services: readonly ServiceView[]): readonly Candidate[] {
  const files = view.missingUnitFiles;
  const because = files.length === 1 ? `${files[0]} is missing` : `${files.length} unit files are missing`;
  return [
    ...(files.length === 0 ? [] : [{ key: "files", action: { kind: "restore-unit-files" as const, files, because } }]),
    ...group(services, (service) => service.missingNetworks).map(recreateNetwork),
    // A volume cannot vanish under a running container; one that looks missing there was looked at too early.
    ...group(
      services.filter(({ health }) => health.phase !== "up"),
      (service) => service.missingVolumes,
    ).map(recreateVolume),
  ];
}

function group(services: readonly ServiceView[], missing: (service: ServiceView) => readonly MissingObject[]): readonly Missing[] {
  const objects = new Map(services.flatMap((service) => missing(service).map((object) => [object.name, object])));
  return [...objects.values()].map((object) => ({
    object,
    services: services.filter((service) => missing(service).some(({ name }) => name === object.name)),
  }));
}

function recreateNetwork({ object, services }: Missing): Candidate {
  const { name: network, unit } = object;
  const because = `network ${network} is gone`;
  return { key: `network ${network}`, action: { kind: "recreate-network", network, unit, services: services.map(nameOf), because } };
}

function recreateVolume({ object, services }: Missing): Candidate {
  const { name: volume, unit } = object;
  const because = `volume ${volume} is gone, and with it what was in it`;
  return { key: `volume ${volume}`, action: { kind: "recreate-volume", volume, unit, services: services.map(nameOf), because } };
}

function nameOf({ service }: ServiceView): string {
  return service;
}

function nextTry(before: ObjectHealing | undefined, nowMs: Ms, rng: Rng): ObjectHealing {
  const attempts = (before?.attempts ?? 0) + 1;
  return { attempts, lastAtMs: nowMs, notBeforeMs: nowMs + backoffMs(attempts, rng) };
}
