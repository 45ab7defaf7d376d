import { runProgram } from "../host/program.ts";
import type { StartProber } from "./client.ts";

export const proberService = "phoenix-prober.service";

/** Starts the prober through the user manager. Whether it worked shows at its socket, so nothing is returned. */
export function proberStarter(environment: Readonly<Record<string, string>>): StartProber {
  return async (how) => {
    await runProgram({ argv: ["systemctl", "--user", "--no-block", how, proberService], environment, timeoutMs: 5_000 });
  };
}
