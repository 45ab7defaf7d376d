import type { ExitCode } from "../domain/exit.ts";

/** The agent process. */
export async function runAgent(): Promise<ExitCode> {
  return 1;
}
