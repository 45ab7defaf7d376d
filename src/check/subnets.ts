import type { Issue } from "../domain/errors.ts";
import type { GenerationUnit } from "../domain/generation.ts";
import type { NetworkFact } from "../domain/observed.ts";
import { lookupAll } from "../quadlet/document.ts";
import { parseDocument } from "../quadlet/parse.ts";
import { overlaps } from "./subnet.ts";

export type SubnetFacts = {
  readonly networks: readonly NetworkFact[];
  readonly interfaces: readonly { readonly subnet: string; readonly owner: string }[];
};

/** Podman refuses a subnet that anything on the machine uses (Docker's default is 172.17–31): better said now than at the first start. */
export function checkSubnets(units: readonly GenerationUnit[], facts: SubnetFacts): readonly Issue[] {
  return units
    .filter((unit) => unit.type === "network" && !facts.networks.some((network) => network.name === unit.object))
    .flatMap((unit) => checkUnit(unit, facts));
}

function checkUnit(unit: GenerationUnit, facts: SubnetFacts): readonly Issue[] {
  const { document } = parseDocument(unit.text, unit.file);
  if (document === undefined) return [];
  const taken = [
    ...facts.networks.flatMap((network) => network.subnets.map((subnet) => ({ subnet, owner: `Podman's network ${network.name}` }))),
    ...facts.interfaces.map(({ subnet, owner }) => ({ subnet, owner: `interface ${owner}` })),
  ];
  return lookupAll(document, "Network", "Subnet").flatMap((subnet): readonly Issue[] => {
    const other = taken.find((range) => overlaps(range.subnet, subnet));
    if (other === undefined) return [];
    return [
      {
        severity: "error",
        code: "subnet-taken",
        message: `Cannot make network ${unit.object}: ${subnet} overlaps ${other.subnet} of ${other.owner}.`,
        place: { file: unit.file },
        remedy: dropIn(unit.file, freeSubnet(taken.map((range) => range.subnet))),
      },
    ];
  });
}

/** The drop-in that moves the network, ready to paste. */
function dropIn(file: string, subnet: string): string {
  const gateway = subnet.replace(/\.0\/\d+$/, ".1");
  return `Move it: mkdir -p ${file}.d && printf '[Network]\\nSubnet=\\nSubnet=${subnet}\\nGateway=\\nGateway=${gateway}\\n' > ${file}.d/subnet.conf`;
}

function freeSubnet(taken: readonly string[]): string {
  for (let third = 0; third < 256; third++) {
    const candidate = `10.201.${third}.0/24`;
    if (!taken.some((subnet) => overlaps(subnet, candidate))) return candidate;
  }
  return "192.168.250.0/24";
}
