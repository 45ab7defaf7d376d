/** Who waits for whom, and until when. systemd's words for it are Wants=, Requires= and After=. */
import type { Place } from "../../domain/errors.ts";
import type { ComposeNode } from "../node.ts";
import type { ProjectDraft, ServiceDraft } from "./drafts.ts";
import { serviceUnit } from "./names.ts";
import { tell } from "./notes.ts";
import { putInto, putRaw } from "./unit.ts";
import { isNull, isOn, itemsOf, memberOf, textOf, textsOf } from "./values.ts";

export type Condition = "service_started" | "service_healthy" | "service_completed_successfully";
export const conditions: readonly Condition[] = ["service_started", "service_healthy", "service_completed_successfully"];

export type Dependency = { readonly on: string; readonly condition: Condition; readonly isTight: boolean; readonly place: Place };

/** What others wait for. */
export type Gate = ReadonlySet<Condition>;

/** What a service says it depends on, and what follows from sharing something with another. */
export function dependenciesOf(service: ComposeNode): readonly Dependency[] {
  const own = statedDependencies(memberOf(service, "depends_on"));
  const shared = impliedDependencies(service).filter(({ on }) => !own.some((one) => one.on === on));
  return [...own, ...shared.filter(({ on }, index) => shared.findIndex((one) => one.on === on) === index)];
}

function statedDependencies(node: ComposeNode | undefined): readonly Dependency[] {
  if (node?.kind === "map") {
    return node.entries.map(({ key, keyPlace, value }) => ({
      on: key,
      condition: conditions.find((one) => one === textOf(memberOf(value, "condition"))) ?? "service_started",
      isTight: isOn(memberOf(value, "restart")),
      place: keyPlace,
    }));
  }
  return itemsOf(node).map((item) => ({ on: textOf(item), condition: "service_started", isTight: false, place: item.place }));
}

/** As in Compose: who shares a namespace with another service, or links to it, starts after it. */
function impliedDependencies(service: ComposeNode): readonly Dependency[] {
  const spaces = ["network_mode", "ipc", "pid"].flatMap((key) => {
    const node = memberOf(service, key);
    const on = /^service:(.+)$/u.exec(textOf(node))?.[1];
    return node === undefined || on === undefined ? [] : [{ on, place: node.place, isTight: true }];
  });
  const links = itemsOf(memberOf(service, "links")).map((item) => ({
    on: textOf(item).split(":", 1)[0] ?? "",
    place: item.place,
    isTight: true,
  }));
  const volumes = itemsOf(memberOf(service, "volumes_from")).flatMap((item) => {
    const text = textOf(item);
    return text.startsWith("container:") ? [] : [{ on: text.split(":", 1)[0] ?? "", place: item.place, isTight: false }];
  });
  return [...spaces, ...links, ...volumes].map((one) => ({ ...one, condition: "service_started" }));
}

export function gatesOf(services: ProjectDraft["services"]): ReadonlyMap<string, Gate> {
  const gates = new Map<string, Set<Condition>>();
  for (const { value } of services.values()) {
    for (const { on, condition } of dependenciesOf(value)) gates.set(on, (gates.get(on) ?? new Set()).add(condition));
  }
  return gates;
}

/** Names of a service that only links use: `links: ["db:database"]` -> `database` for db. */
export function linkAliasesOf(services: ProjectDraft["services"]): ReadonlyMap<string, readonly string[]> {
  const aliases = new Map<string, string[]>();
  for (const { value } of services.values()) {
    for (const [service = "", alias] of textsOf(memberOf(value, "links")).map((link) => link.split(":"))) {
      if (alias !== undefined && alias !== service) aliases.set(service, [...(aliases.get(service) ?? []), alias]);
    }
  }
  return aliases;
}

/** The lines of a service about those it needs. A service that is not there (an inactive profile) is nobody to wait for. */
export function putDependencies({ all, node, unit, place }: ServiceDraft): void {
  const present = dependenciesOf(node).filter(({ on }) => all.services.has(on));
  const isTight = ({ isTight, condition }: Dependency): boolean => isTight || condition === "service_completed_successfully";
  const names = (some: readonly Dependency[]): string => [...new Set(some.map(({ on }) => serviceUnit(all, on)))].join(" ");
  const line = (key: string, some: readonly Dependency[]): void => {
    if (some.length > 0) putInto(unit, "Unit", key, names(some), some[0]?.place ?? place);
  };
  line("Requires", present.filter(isTight));
  line(
    "Wants",
    present.filter((one) => !isTight(one)),
  );
  line("After", present);
}

/** What a service has to be because others wait for it. */
export function putGate({ all, name, node, unit, place, notes }: ServiceDraft): void {
  const gate = all.gates.get(name);
  if (isOneshot(all, name)) {
    putInto(unit, "Service", "Type", "oneshot", place);
    putInto(unit, "Service", "RemainAfterExit", "yes", place);
    if (gate?.has("service_healthy") === true) {
      tell(notes, {
        verdict: "changed",
        key: `services.${name}`,
        place,
        message: "One service waits until it is healthy, another until it is done: here both wait until it is done.",
        remedy: "Let all of them wait for the same.",
      });
    }
    return;
  }
  if (gate?.has("service_healthy") !== true) return;
  putRaw(unit, "Notify", "healthy", place);
  if (!isNull(memberOf(node, "healthcheck"))) return;
  tell(notes, {
    verdict: "changed",
    key: `services.${name}`,
    place,
    message: "Others wait until it is healthy, but it has no healthcheck here: its image must have one, or it never starts.",
    remedy: "Give it a healthcheck.",
  });
}

/** Whether a service's start is its whole run. */
export function isOneshot(all: ProjectDraft, name: string): boolean {
  const mode = textOf(memberOf(memberOf(all.services.get(name)?.value, "deploy"), "mode"));
  return all.gates.get(name)?.has("service_completed_successfully") === true || mode.endsWith("-job");
}
