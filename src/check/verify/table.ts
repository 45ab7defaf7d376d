import { acceptedCheck } from "./accepted.ts";
import type { Check, CheckResult } from "./check.ts";
import { dnsCheck } from "./dns.ts";
import { driftCheck } from "./drift.ts";
import type { Facts } from "./facts.ts";
import { foreignCheck } from "./foreign.ts";
import { imagesCheck } from "./images.ts";
import { isolationCheck } from "./isolation.ts";
import { limitsCheck } from "./limits.ts";
import { probesCheck } from "./probes.ts";
import { publishedCheck } from "./published.ts";
import { secretsCheck } from "./secrets.ts";
import { securityCheck } from "./security.ts";
import { unitsCheck } from "./units.ts";
import { volumesCheck } from "./volumes.ts";

/** Every check of `phoenix verify`, in the order in which a person wants to read them. */
export const checks: readonly Check[] = [
  unitsCheck,
  probesCheck,
  publishedCheck,
  dnsCheck,
  isolationCheck,
  volumesCheck,
  secretsCheck,
  securityCheck,
  limitsCheck,
  driftCheck,
  acceptedCheck,
  imagesCheck,
  foreignCheck,
];

/** Facts in, results out; whatever could not be asked ends as `unchecked` with its reason, never as fine. */
export function runChecks(facts: Facts): readonly CheckResult[] {
  return checks.map((check) => check.run(facts));
}
