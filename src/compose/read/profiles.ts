/** Which services are part of the project: those without profiles, and those of an active one. */
import { type ComposeNode, entryOf, type MapEntry, type MapNode, withKey } from "../node.ts";
import type { Reading } from "./reading.ts";
import type { Variables } from "./variables.ts";

/** Those that were asked for, else what COMPOSE_PROFILES says. */
export function activeProfiles(asked: readonly string[], variables: Variables): ReadonlySet<string> {
  const usual = variables.get("COMPOSE_PROFILES")?.value ?? "";
  return new Set(asked.length > 0 ? asked : usual.split(",").map((name) => name.trim()));
}

/** The project without services of inactive profiles. Who needs one of those is told, but where the dependency is optional. */
export function withActiveServices(reading: Reading, root: MapNode, profiles: ReadonlySet<string>): MapNode {
  const services = entryOf(root, "services")?.value;
  if (services?.kind !== "map") return root;
  const all = new Map(services.entries.map((entry) => [entry.key, entry.value]));
  const active = services.entries.filter(({ value }) => isActive(value, profiles));
  const names = new Set(active.map(({ key }) => key));
  const explain = (needed: string): string => {
    const of = all.get(needed);
    return of === undefined
      ? `there is no service ${needed}`
      : `the service ${needed} is only there with the profile ${profilesOf(of).join(" or ")}`;
  };
  const entries = active.map((entry): MapEntry => {
    for (const { name, entry: at, how } of references(entry.value)) {
      if (names.has(name)) continue;
      const remedy = all.has(name)
        ? `Add --profile ${profilesOf(all.get(name))[0]}, or give both services the same profiles.`
        : "Correct the name.";
      reading.refuse("compose-missing", `The service ${entry.key} ${how} ${name}, but ${explain(name)}.`, at, remedy);
    }
    return { ...entry, value: withoutOptional(entry.value, (name) => names.has(name)) };
  });
  return withKey(root, "services", { ...services, entries });
}

function isActive(service: ComposeNode, profiles: ReadonlySet<string>): boolean {
  const own = profilesOf(service);
  return own.length === 0 || profiles.has("*") || own.some((profile) => profiles.has(profile));
}

function profilesOf(service: ComposeNode | undefined): readonly string[] {
  const profiles = service?.kind === "map" ? entryOf(service, "profiles")?.value : undefined;
  return profiles?.kind === "list" ? profiles.items.flatMap((item) => (item.kind === "scalar" ? [item.text] : [])) : [];
}

type Reference = { readonly name: string; readonly entry: MapEntry["keyPlace"]; readonly how: string };

/** Keys whose value `service:NAME` means another service. */
const joined = ["network_mode", "ipc", "pid"];

/** The services that one needs. */
function references(service: ComposeNode): readonly Reference[] {
  if (service.kind !== "map") return [];
  const texts = (key: string): readonly Extract<ComposeNode, { kind: "scalar" }>[] => {
    const value = entryOf(service, key)?.value;
    return [value, ...(value?.kind === "list" ? value.items : [])].filter((node) => node?.kind === "scalar");
  };
  const dependsOn = entryOf(service, "depends_on")?.value;
  const required = dependsOn?.kind === "map" ? dependsOn.entries.filter(({ value }) => !isOptional(value)) : [];
  return [
    ...texts("depends_on").map(({ text, place }) => ({ name: text, entry: place, how: "depends on" })),
    ...required.map(({ key, keyPlace }) => ({ name: key, entry: keyPlace, how: "depends on" })),
    ...texts("links").map(({ text, place }) => ({ name: text.split(":")[0] ?? text, entry: place, how: "links to" })),
    ...texts("volumes_from")
      .filter(({ text }) => !text.startsWith("container:"))
      .map(({ text, place }) => ({ name: text.split(":")[0] ?? text, entry: place, how: "takes the volumes of" })),
    ...joined.flatMap((key) =>
      texts(key)
        .filter(({ text }) => text.startsWith("service:"))
        .map(({ text, place }) => ({ name: text.slice("service:".length), entry: place, how: `shares by \`${key}\` with` })),
    ),
  ];
}

function isOptional(dependency: ComposeNode): boolean {
  const required = dependency.kind === "map" ? entryOf(dependency, "required")?.value : undefined;
  return required?.kind === "scalar" && required.text.toLowerCase() === "false";
}

/** Optional dependencies on services that are not there mean nothing. */
function withoutOptional(service: ComposeNode, isThere: (name: string) => boolean): ComposeNode {
  if (service.kind !== "map") return service;
  const dependsOn = entryOf(service, "depends_on")?.value;
  if (dependsOn?.kind !== "map") return service;
  const kept = dependsOn.entries.filter(({ key, value }) => isThere(key) || !isOptional(value));
  if (kept.length === dependsOn.entries.length) return service;
  return withKey(service, "depends_on", { ...dependsOn, entries: kept });
}
