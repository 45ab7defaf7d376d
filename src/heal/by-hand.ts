import type { Ms, ServiceName } from "../domain/words.ts";
import { dependenciesOf, indexServices } from "./graph.ts";
import type { StackView } from "./view.ts";

/** A stop job that ended. */
export type SeenStop = { readonly service: ServiceName; readonly atMs: Ms };

/** How long after a stop job to ask: systemd stops dependents before what they need, so the cause shows later. */
export const stopSettleMs = 1000;

const togetherMs = 5000;

/**
 * Whether a person stopped a service. systemd also runs stop jobs for dependents of something that stops (Requires=, BindsTo=), and
 * for everything when its target stops; taking those for a person's wish would leave a stack half down for ever.
 */
export function judgeStop(
  stop: SeenStop,
  {
    view,
    stops,
    ours,
    isTargetStopping,
  }: {
    readonly view: StackView;
    /** Stop jobs seen lately, this one among them or not. */
    readonly stops: readonly SeenStop[];
    /** Services for which Phoenix (any process of it) runs a job or just ran one. */
    readonly ours: ReadonlySet<ServiceName>;
    readonly isTargetStopping: boolean;
  },
): { readonly isByHand: boolean; readonly because: string } {
  if (ours.has(stop.service)) return { isByHand: false, because: "Phoenix stopped it" };
  if (isTargetStopping) return { isByHand: false, because: "its target stops" };
  const index = indexServices(view);
  const service = index.get(stop.service);
  if (service === undefined) return { isByHand: false, because: "it is no service of this stack" };
  const cause = dependenciesOf(service, index).find(
    (other) =>
      service.requires.includes(other.service) &&
      (other.health.phase !== "up" || stops.some((one) => one.service === other.service && Math.abs(one.atMs - stop.atMs) <= togetherMs)),
  );
  if (cause !== undefined) return { isByHand: false, because: `it went down with ${cause.service}` };
  return { isByHand: true, because: "a stop job was seen that Phoenix did not start" };
}
