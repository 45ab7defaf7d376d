import { type Generation, runnableUnits } from "../domain/generation.ts";
import { showDuration } from "../domain/time.ts";
import { showProbe } from "../stack/probe.ts";
import { routeFor, showRoute } from "../stack/route.ts";
import type { Action, Change, ChangeKind } from "./change.ts";

/** The sign in front of a unit, as in `terraform plan`. */
export const signs: Readonly<Record<ChangeKind, string>> = { add: "+", change: "~", remove: "-", policy: "=", repair: "!", keep: " " };

const actions: Readonly<Record<Action, string>> = {
  start: "start",
  restart: "restart",
  stop: "stop",
  recreate: "recreate",
  none: "no restart",
};

export type PlanText = {
  readonly changes: readonly Change[];
  readonly unknownImages: ReadonlyMap<string, "build" | "pull">;
  readonly showLines: boolean;
};

/** One block per changed unit: sign, name, what happens, why, and the lines that differ. */
export function planLines({ changes, unknownImages, showLines }: PlanText): readonly string[] {
  const shown = changes.filter((change) => change.kind !== "keep");
  const width = Math.max(0, ...shown.map((change) => change.unit.file.length));
  return shown.flatMap((change) => {
    const unknown = unknownImages.get(change.unit.file);
    const reasons =
      unknown === undefined
        ? change.because
        : [...change.because.filter((reason) => !reason.startsWith("image ")), `image (known after ${unknown})`];
    const head = `  ${signs[change.kind]} ${change.unit.file.padEnd(width)}  ${actions[change.action].padEnd(10)}  ${reasons.join("; ")}`;
    const notes = volumeNote(change);
    return [
      head,
      ...notes,
      ...(showLines && change.kind !== "add" && change.kind !== "remove"
        ? change.lines.filter((line) => !line.includes("io.phoenix.digest=")).map((line) => `      ${line}`)
        : []),
    ];
  });
}

/** A volume's data outlives every change of its options: Podman cannot change them in place, and Phoenix never throws data away. */
function volumeNote(change: Change): readonly string[] {
  if (change.unit.type !== "volume" || change.kind !== "change") return [];
  return [
    `      the existing volume ${change.unit.object} keeps its old options and its data; to recreate it: export, teardown --volumes, deploy, import`,
  ];
}

/** "1 to add, 2 to change, 0 to remove; restarts web.service". */
export function planSummary(changes: readonly Change[]): string {
  const count = (kind: ChangeKind) => changes.filter((change) => change.kind === kind).length;
  const parts = [`${count("add")} to add`, `${count("change")} to change`, `${count("remove")} to remove`];
  if (count("policy") > 0) parts.push(`${count("policy")} without restart`);
  if (count("repair") > 0) parts.push(`${count("repair")} to repair`);
  const named = (action: Action) =>
    changes.filter((change) => change.action === action && change.kind !== "add").map((change) => change.service);
  const effects = [
    ["restarts", named("restart")],
    ["starts", named("start")],
    ["recreates", named("recreate")],
    ["stops", named("stop")],
  ] as const;
  const said = effects.filter(([, services]) => services.length > 0).map(([verb, services]) => `${verb} ${services.join(", ")}`);
  return [parts.join(", "), ...said].join("; ");
}

/** How each service is probed, and from where. */
export function probeLines(generation: Pick<Generation, "units">): readonly string[] {
  return runnableUnits(generation as Generation).flatMap((unit) => {
    if (unit.policy === undefined) return [];
    const { readiness, liveness, periodMs } = unit.policy;
    const same = JSON.stringify(readiness) === JSON.stringify(liveness);
    const text = same ? showProbe(readiness) : `ready ${showProbe(readiness)}, live ${showProbe(liveness)}`;
    return [
      `  ${unit.service}: ${text} every ${showDuration(periodMs)}, ${showRoute(routeFor(unit, readiness.kind === "unit" ? liveness : readiness))}`,
    ];
  });
}
