import type { Issue } from "../../domain/errors.ts";
import { check, count, finding } from "./check.ts";
import type { NameFact } from "./facts.ts";

export const dnsCheck = check(
  "dns",
  "the names by which services reach each other resolve at each network's own DNS, and only to containers that have them",
  ["names"],
  ({ names }) => ({
    seen: count(names.filter(({ answer }) => "addresses" in answer).length, "name"),
    findings: names.flatMap(problem),
    unchecked: names.flatMap(({ network, name, answer }) => ("unknown" in answer ? [`${name} on ${network}: ${answer.unknown}`] : [])),
  }),
);

function problem({ unit, network, name, answer, owned }: NameFact): readonly Issue[] {
  if ("unknown" in answer) return [];
  if (answer.addresses.length === 0) return [finding("dns-wrong", unit, `The DNS of ${network} does not know ${name}.`)];
  const strange = answer.addresses.filter((address) => owned !== undefined && !owned.includes(address));
  if (strange.length === 0) return [];
  // Seen after networks were removed by force: every other connection by that name hangs.
  const message = `The DNS of ${network} leads ${name} to ${strange.join(", ")}, where no container of that name is.`;
  return [
    finding(
      "dns-wrong",
      unit,
      message,
      `Stop every user of ${network}, remove what is left of it (\`podman network rm ${network}\`), and deploy.`,
    ),
  ];
}
