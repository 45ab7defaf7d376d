import type { Issue } from "../../domain/errors.ts";
import { check, finding } from "./check.ts";
import type { ReachFact } from "./facts.ts";

export const isolationCheck = check(
  "isolation",
  "from inside: what is only on internal networks finds no way out, and what is not on an internal network does not reach its members",
  ["reaches"],
  ({ reaches }) => ({
    seen: reaches.length === 0 ? "no internal network" : tries(reaches.filter(({ outcome }) => typeof outcome === "string").length),
    findings: reaches.flatMap(problem),
    unchecked: reaches.flatMap(({ unit, outcome }) => (typeof outcome === "string" ? [] : [`from ${unit.service}: ${outcome.unknown}`])),
  }),
);

function problem({ unit, to, outcome }: ReachFact): readonly Issue[] {
  const isReached = outcome === "connected" || outcome === "refused";
  if (to.kind === "member") {
    if (!isReached) return [];
    return [
      finding(
        "network-open",
        unit,
        `${unit.service} reaches ${to.service} at ${to.address}:${to.port}, though it is not on ${to.network}.`,
      ),
    ];
  }
  // To the kernel a way is a way, whoever answers at its end.
  if (!isReached) return [];
  return [finding("network-open", unit, `${unit.service} is meant for internal networks only, and has a way out (to ${to.address}).`)];
}

function tries(number: number): string {
  return number === 1 ? "1 try from inside" : `${number} tries from inside`;
}
