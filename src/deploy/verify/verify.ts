import type { CheckResult } from "../../check/verify/check.ts";
import { runChecks } from "../../check/verify/table.ts";
import type { GenerationNumber, Ms, StackName } from "../../domain/words.ts";
import type { Ports } from "../../ports/ports.ts";
import { gatherFacts } from "./gather.ts";

/** What verify looks with: no verb that changes anything. */
export type VerifyPorts = Pick<
  Ports,
  "source" | "generator" | "units" | "containers" | "objects" | "generations" | "history" | "clock" | "host"
> &
  Pick<Ports, "images" | "prober" | "closeLook">;

export type Verification = {
  readonly stack: StackName;
  readonly generation: GenerationNumber;
  /** Nothing is wrong; warnings, and what could not be checked, do not count. */
  readonly isFine: boolean;
  readonly tookMs: Ms;
  readonly checks: readonly CheckResult[];
};

/** Every question about a stack that runs, asked once. Changes nothing. */
export async function verifyStack(stack: StackName, ports: VerifyPorts): Promise<Verification> {
  const startedMs = ports.clock.monotonic();
  const facts = await gatherFacts(stack, ports);
  const results = runChecks(facts);
  return {
    stack,
    generation: "known" in facts.observed ? facts.observed.known.current.number : 0,
    isFine: results.every(({ outcome }) => outcome !== "wrong"),
    tookMs: ports.clock.monotonic() - startedMs,
    checks: results,
  };
}
