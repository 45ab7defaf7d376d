import { loadedProblem } from "../../check/loaded.ts";
import { PhoenixError } from "../../domain/errors.ts";
import type { ChangeContext } from "./context.ts";

/** What systemd holds after the reload must be the new generation. */
export async function checkLoaded({ ports, target, stack }: ChangeContext): Promise<void> {
  const states = await ports.units.list(target.units.map((unit) => unit.service));
  const wrong = states.flatMap((state) => loadedProblem(state, stack, target.number) ?? []);
  if (wrong.length > 0) throw new PhoenixError("units-not-loaded", `Cannot load generation ${target.number}: ${wrong.join("; ")}.`);
}
