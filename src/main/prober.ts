import { runProber } from "../adapters/probe/server.ts";
import { proberSocketPath } from "../adapters/probe/socket-path.ts";
import { type ExitCode, exits } from "../domain/exit.ts";

/** The prober process. It runs all day on every machine, so nothing is loaded here that it does not need. */
export async function runProberProcess(): Promise<ExitCode> {
  const { XDG_RUNTIME_DIR: runtimePath } = process.env;
  if (runtimePath !== undefined) return (await runProber(proberSocketPath(runtimePath))) as ExitCode;
  process.stderr.write("Cannot run the prober: XDG_RUNTIME_DIR is not set.\n");
  return exits.usage;
}
