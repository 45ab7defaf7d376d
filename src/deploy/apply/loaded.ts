import { PhoenixError } from "../../domain/errors.ts";
import type { UnitState } from "../../domain/observed.ts";
import type { ChangeContext } from "./context.ts";

/**
 * Reload succeeds even when the generator failed or another file hides ours, and NeedDaemonReload says nothing about Quadlet files:
 * only LoadState, SourcePath (the real generation folder) and FragmentPath (the generator's folder) show what systemd really holds.
 */
export async function checkLoaded({ ports, target, stack }: ChangeContext): Promise<void> {
  const states = await ports.units.list(target.units.map((unit) => unit.service));
  const folder = `/stacks/${stack}/generations/${String(target.number).padStart(4, "0")}/units/`;
  const wrong = states.flatMap((state) => problem(state, folder));
  if (wrong.length > 0) throw new PhoenixError("units-not-loaded", `Cannot load generation ${target.number}: ${wrong.join("; ")}.`);
}

function problem(state: UnitState, folder: string): readonly string[] {
  if (state.loadState !== "loaded") return [`${state.service} is ${state.loadState}`];
  if (!state.fragmentPath.includes("/systemd/generator")) return [`${state.service} is hidden by ${state.fragmentPath}`];
  if (!state.sourcePath.includes(folder)) return [`${state.service} comes from ${state.sourcePath}`];
  return [];
}
