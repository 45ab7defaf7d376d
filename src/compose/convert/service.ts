/** One service: a `.container` unit, and more of them where there are replicas. */
import type { Place } from "../../domain/errors.ts";
import type { MapNode } from "../node.ts";
import { putDependencies, putGate } from "./depends.ts";
import type { ProjectDraft, ServiceDraft } from "./drafts.ts";
import { putEnvironment, putLabels } from "./environment.ts";
import { putImage } from "./image.ts";
import { serviceKeys } from "./keys.ts";
import { unitName } from "./names.ts";
import { refuse, tell } from "./notes.ts";
import { putHostName } from "./resources.ts";
import { putRestart } from "./restart.ts";
import { putNetworks } from "./service-networks.ts";
import { fileOf, putInto, type UnitDraft } from "./unit.ts";
import { isNull, memberOf, textOf } from "./values.ts";
import { walkKeys } from "./walk.ts";

export function putService(all: ProjectDraft, name: string, node: MapNode, place: Place): void {
  const unit: UnitDraft = { type: "container", name: unitName(all, name), place, lines: [] };
  const service: ServiceDraft = { all, notes: all.notes, name, node, place, unit };
  const path = `services.${name}`;
  const before = all.notes.issues.length;
  walkKeys(node, serviceKeys, service, path, all.notes);
  // What takes several keys together relies on each of them.
  if (all.notes.issues.slice(before).some(({ severity, code }) => severity === "error" && code === "compose-value")) return;
  if (!isNull(memberOf(node, "provider"))) return;
  putInto(unit, "Unit", "Description", `${name} of ${all.project.name}`, place);
  putDependencies(service);
  putImage(service);
  putEnvironment(service);
  putLabels(service);
  putHostName(service);
  putNetworks(service);
  putGate(service);
  putRestart(service);
  putInto(unit, "Install", "WantedBy", "default.target", place);
  putReplicas(service);
}

function putReplicas(service: ServiceDraft): void {
  const { all, name, node, unit, place, notes } = service;
  const stated = memberOf(memberOf(node, "deploy"), "replicas") ?? memberOf(node, "scale");
  const count = stated === undefined || textOf(stated) === "" ? 1 : Number(textOf(stated));
  const path = `services.${name}.${memberOf(node, "scale") === stated ? "scale" : "deploy.replicas"}`;
  if (count < 0 || count > 100) {
    refuse(notes, path, stated?.place ?? place, "it takes a number from 0 to 100");
    return;
  }
  if (count === 0) {
    tell(notes, {
      verdict: "changed",
      key: path,
      place: stated?.place ?? place,
      message: "With no replica there is nothing to run: no unit is made.",
      remedy: "Write 1 to have it.",
    });
    return;
  }
  const fixed = count === 1 ? undefined : fixedLine(unit);
  if (fixed !== undefined) {
    refuse(notes, path, stated?.place ?? place, `only one of ${count} can have ${fixed.key}=${fixed.raw}`, "Leave that out, or run one.");
    return;
  }
  for (let index = 1; index <= count; index += 1) {
    const copy = index === 1 ? unit : { ...unit, name: `${unit.name}-${index}` };
    all.units.push(copy);
    if (index > 1 && all.privateUnits.has(fileOf(unit))) all.privateUnits.add(fileOf(copy));
  }
}

/** What no two containers of a machine can have: a host port, a name, an address. */
function fixedLine({ lines }: UnitDraft): UnitDraft["lines"][number] | undefined {
  return lines.find(({ key, raw }) => {
    if (key === "PublishPort") return /^(?:\[[^\]]*\]:|[\d.]*:)?\d[\d-]*:\d/u.test(raw);
    if (key === "Network") return /[:,](?:ip|ip6|mac)=/u.test(raw);
    return key === "ContainerName";
  });
}
