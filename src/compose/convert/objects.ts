/** Networks and volumes of the project as units. */
import { posix } from "node:path";
import type { Place } from "../../domain/errors.ts";
import { rowOf } from "../../domain/table.ts";
import type { ComposeNode } from "../node.ts";
import type { ProjectDraft } from "./drafts.ts";
import { unitName } from "./names.ts";
import { type Notes, refuse, tell } from "./notes.ts";
import { externalName } from "./put-mounts.ts";
import { put, putArguments, putInto, type UnitDraft } from "./unit.ts";
import { isOn, itemsOf, memberOf, textOf } from "./values.ts";

/** What the rows of a network or a volume work on. */
export type ObjectDraft = { readonly all: ProjectDraft; readonly notes: Notes; readonly unit: UnitDraft; readonly node: ComposeNode };

const kinds = {
  network: {
    key: "NetworkName",
    describe: (name: string, project: string) => (name === "default" ? `Network of ${project}` : `Network ${name} of ${project}`),
  },
  volume: { key: "VolumeName", describe: (name: string, project: string) => `Volume ${name} of ${project}` },
} as const;

/** A unit for a network or volume; its Podman object is called as Compose would call it. */
export function objectDraft(all: ProjectDraft, type: "network" | "volume", name: string, node: ComposeNode, place: Place): ObjectDraft {
  const unit: UnitDraft = { type, name: unitName(all, name), place, lines: [] };
  const { key, describe } = kinds[type];
  putInto(unit, "Unit", "Description", describe(name, all.project.name), place);
  const own = memberOf(node, "name");
  const object = own === undefined || textOf(own) === "" ? `${all.project.name}_${name}` : externalName(node, name);
  put(unit, key, object, { path: `${type}s.${name}.name`, place: own?.place ?? place }, all.notes);
  return { all, notes: all.notes, unit, node };
}

/** Options of Docker's bridge that Podman has under another name. */
const bridgeOptions: Readonly<Record<string, string>> = {
  "com.docker.network.driver.mtu": "mtu",
  mtu: "mtu",
  parent: "parent",
  ipvlan_mode: "mode",
  macvlan_mode: "mode",
  vlan: "vlan",
  isolate: "isolate",
  metric: "metric",
  no_default_route: "no_default_route",
  vrf: "vrf",
};

export function putNetworkOptions(node: ComposeNode, { unit, notes }: ObjectDraft, path: string): void {
  for (const { key, keyPlace, value } of node.kind === "map" ? node.entries : []) {
    const from = { path: `${path}.${key}`, place: keyPlace };
    const option = rowOf(bridgeOptions, key);
    if (option !== undefined) put(unit, "Options", `${option}=${textOf(value)}`, from, notes);
    else if (key === "com.docker.network.bridge.name") putArguments(unit, [`--interface-name=${textOf(value)}`], from, notes);
    else
      tell(notes, {
        verdict: "not-carried",
        key: from.path,
        place: keyPlace,
        message: "Podman's networks have no such option.",
        remedy: "Leave it out.",
      });
  }
}

export function putSubnets(node: ComposeNode, { unit, notes }: ObjectDraft, path: string): void {
  for (const item of itemsOf(node)) {
    for (const [key, unitKey] of [
      ["subnet", "Subnet"],
      ["gateway", "Gateway"],
      ["ip_range", "IPRange"],
    ] as const) {
      const value = memberOf(item, key);
      if (value === undefined || textOf(value) === "") continue;
      if (key !== "subnet" && memberOf(item, "subnet") === undefined) refuse(notes, `${path}.${key}`, value.place, "it needs a subnet");
      else put(unit, unitKey, textOf(value), { path: `${path}.${key}`, place: value.place }, notes);
    }
  }
}

/** `type`, `device` and `o` of the local driver are keys of their own. */
export function putVolumeOptions(node: ComposeNode, { all, unit, notes }: ObjectDraft, path: string): void {
  const entries = node.kind === "map" ? node.entries : [];
  const hasDevice = entries.some(({ key }) => key === "device");
  for (const { key, keyPlace, value } of entries) {
    const from = { path: `${path}.${key}`, place: keyPlace };
    const text = textOf(value);
    const unitKey = ({ type: "Type", device: "Device", o: "Options" } as const)[key];
    if (unitKey !== undefined && hasDevice)
      put(unit, unitKey, key === "device" && /^\.{1,2}\//u.test(text) ? absolute(all, text) : text, from, notes);
    else putArguments(unit, [`--opt=${key}=${text}`], from, notes);
  }
  if (["nfs", "nfs4", "cifs"].includes(textOf(memberOf(node, "type")))) {
    notes.issues.push({
      severity: "warning",
      code: "compose-value",
      message: `${path} mounts over the network, which the kernel allows only root: a rootless container cannot start with it.`,
      place: node.place,
      remedy: "Mount it on the host (fstab), and name the folder under volumes of the service.",
    });
  }
}

function absolute({ project }: ProjectDraft, path: string): string {
  return posix.resolve(project.folder, path);
}

export function putObjectSwitch(key: string) {
  return (node: ComposeNode, { unit, notes }: ObjectDraft, path: string): void => {
    if (isOn(node)) put(unit, key, "true", { path, place: node.place }, notes);
  };
}

/** Drivers that are what happens anyway need no line. */
export function putDriver(usual: string) {
  return (node: ComposeNode, { unit, notes }: ObjectDraft, path: string): void => {
    const driver = textOf(node);
    if (driver === "" || driver === usual || driver === "default") return;
    put(unit, "Driver", driver, { path, place: node.place }, notes);
    if (usual !== "bridge") return;
    tell(notes, {
      verdict: "changed",
      key: path,
      place: node.place,
      message: `Rootless Podman makes a ${driver} network inside its own namespace, where the machine's interfaces are not.`,
      remedy: "Use a bridge network and published ports.",
    });
  };
}
