import type { UnitState } from "../domain/observed.ts";
import type { GenerationNumber, StackName } from "../domain/words.ts";

/**
 * Reload succeeds even when the generator failed or another file hides ours, and NeedDaemonReload says nothing about Quadlet files:
 * only LoadState, SourcePath (the real generation folder) and FragmentPath (the generator's folder) show what systemd really holds.
 */
export function loadedProblem(state: UnitState, stack: StackName, number: GenerationNumber): string | undefined {
  const folder = `/stacks/${stack}/generations/${String(number).padStart(4, "0")}/units/`;
  if (state.loadState !== "loaded") return `${state.service} is ${state.loadState}`;
  if (!state.fragmentPath.includes("/systemd/generator")) return `${state.service} is hidden by ${state.fragmentPath}`;
  if (!state.sourcePath.includes(folder)) return `${state.service} comes from ${state.sourcePath}`;
  return undefined;
}
