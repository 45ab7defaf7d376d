import { type Failpoint, failpointAt, noFailpoint } from "../deploy/failpoint.ts";

/** Where PHOENIX_FAILPOINT wants this process to be killed; for crash tests, of a verb and of the agent alike. */
export function failpointOf(environment: Readonly<Record<string, string | undefined>>): Failpoint {
  const text = environment["PHOENIX_FAILPOINT"];
  return text === undefined || text === "" ? noFailpoint : failpointAt(text, () => process.kill(process.pid, "SIGKILL"));
}
