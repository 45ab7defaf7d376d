/** Settings that cannot stand together, or not alone. Most of them reach Podman unseen and fail only at start, or start wrongly. */
import type { Issue } from "../domain/errors.ts";
import { lookupAll, lookupPairs, type Pair, type UnitDocument } from "./document.ts";
import { typeSection, type UnitType } from "./names.ts";
import type { ValidateOptions } from "./validate.ts";
import { isAtLeast } from "./versions.ts";

type Facts = {
  readonly version: string | undefined;
  /** The last value of a key that is set, of the type's own section unless said otherwise. */
  readonly get: (key: string, section?: string) => string | undefined;
  readonly all: (key: string, section?: string) => readonly string[];
};

type Rule = {
  readonly types: readonly UnitType[];
  /** The line to show: the last of the first of these keys that is set; without any, the file. */
  readonly at: readonly string[];
  readonly section?: "Service";
  readonly severity?: "warning";
  readonly isBroken: (facts: Facts) => boolean;
  readonly message: string;
  readonly remedy?: string;
};

const everyType: readonly UnitType[] = ["container", "pod", "network", "volume", "image", "build", "kube"];
const maps: readonly string[] = ["UIDMap", "GIDMap", "SubUIDMap", "SubGIDMap"];
const remaps: readonly string[] = ["RemapUsers", "RemapUid", "RemapGid"];
const onThePod: readonly string[] = ["PublishPort", "Network", "UserNS", "UIDMap", "GIDMap", "IP", "IP6", "HostName", "AddHost"];

const rules: readonly Rule[] = [
  {
    types: ["container"],
    at: [],
    isBroken: ({ get }) => get("Image") === undefined && get("Rootfs") === undefined,
    message: "[Container] has neither Image= nor Rootfs=.",
  },
  {
    types: ["container"],
    at: ["Rootfs"],
    isBroken: ({ get }) => get("Image") !== undefined && get("Rootfs") !== undefined,
    message: "Image= and Rootfs= exclude each other.",
  },
  { types: ["image"], at: [], isBroken: ({ get }) => get("Image") === undefined, message: "[Image] has no Image=." },
  { types: ["build"], at: [], isBroken: ({ get }) => get("ImageTag") === undefined, message: "[Build] has no ImageTag=." },
  {
    types: ["build"],
    at: [],
    isBroken: ({ get }) => get("File") === undefined && buildFolder(get) === undefined,
    message: "[Build] has neither File= nor SetWorkingDirectory=.",
  },
  {
    types: ["build"],
    at: ["File"],
    isBroken: ({ get }) => !/^(?:\/|%|https?:|git:|$)/u.test(get("File") ?? "") && buildFolder(get) === undefined,
    message: "A relative File= needs SetWorkingDirectory=.",
    remedy: "Add SetWorkingDirectory=unit.",
  },
  { types: ["kube"], at: [], isBroken: ({ get }) => get("Yaml") === undefined, message: "[Kube] has no Yaml=." },
  {
    types: ["kube"],
    at: ["Yaml"],
    isBroken: ({ all, version }) => all("Yaml").length > 1 && version !== undefined && !isAtLeast(version, "5.7"),
    message: "Several Yaml= need Podman 5.7 or newer; before, only the last counts.",
  },
  {
    types: ["kube"],
    at: ["SetWorkingDirectory"],
    isBroken: ({ all, get }) => all("Yaml").length > 1 && get("SetWorkingDirectory")?.toLowerCase() === "yaml",
    message: "SetWorkingDirectory=yaml needs a single Yaml=.",
  },
  {
    types: ["kube"],
    at: ["SetWorkingDirectory"],
    isBroken: ({ get }) => !/^(?:yaml|unit)$/iu.test(get("SetWorkingDirectory") ?? "unit"),
    message: "SetWorkingDirectory= can only be yaml or unit here.",
  },
  ...onThePod.map(
    (key): Rule => ({
      types: ["container"],
      at: [key],
      isBroken: ({ get }) => get("Pod") !== undefined && get(key) !== undefined,
      message: `${key}= cannot stand in a container of a pod: Podman refuses to start it.`,
      remedy: `Move ${key}= to the .pod file.`,
    }),
  ),
  {
    types: ["container"],
    at: ["Pod"],
    isBroken: ({ get }) => get("Pod")?.endsWith(".pod") === false,
    message: "Pod= must name a .pod file of the folder.",
  },
  {
    types: ["container", "pod"],
    at: maps,
    isBroken: ({ get }) => get("UserNS") !== undefined && isAnySet(get, maps),
    message: "UserNS= excludes UIDMap=, GIDMap=, SubUIDMap= and SubGIDMap=.",
  },
  {
    types: ["container", "pod", "kube"],
    at: remaps,
    isBroken: ({ get }) => isAnySet(get, remaps) && isAnySet(get, ["UserNS", ...maps]),
    message: "The old Remap keys exclude UserNS= and the maps.",
  },
  {
    types: ["container"],
    at: ["Group"],
    isBroken: ({ get }) => get("Group") !== undefined && get("User") === undefined,
    message: "Group= needs User=.",
  },
  {
    types: ["container"],
    at: ["ReloadSignal"],
    isBroken: ({ get }) => get("ReloadCmd") !== undefined && get("ReloadSignal") !== undefined,
    message: "ReloadCmd= and ReloadSignal= exclude each other.",
  },
  {
    types: ["container", "pod"],
    at: ["PublishPort"],
    severity: "warning",
    isBroken: ({ get, all }) => all("Network").includes("host") && get("PublishPort") !== undefined,
    message: "With Network=host no port is published; the container listens on the host's ports directly.",
    remedy: "Remove PublishPort=.",
  },
  {
    types: ["network"],
    at: ["Gateway", "IPRange"],
    isBroken: ({ all }) => Math.max(all("Gateway").length, all("IPRange").length) > all("Subnet").length,
    message: "Every Gateway= and IPRange= needs a Subnet= of its own.",
  },
  {
    types: ["volume"],
    at: ["Type"],
    isBroken: ({ get }) => get("Type") !== undefined && get("Device") === undefined,
    message: "Type= needs Device=.",
  },
  {
    types: ["volume"],
    at: ["Options"],
    isBroken: ({ get, version }) =>
      get("Options") !== undefined && get("Device") === undefined && (version === undefined || !isAtLeast(version, "6.0")),
    message: "Options= needs Device= before Podman 6.0.",
  },
  {
    types: ["volume"],
    at: ["Driver"],
    isBroken: ({ get }) => get("Driver") === "image" && get("Image") === undefined,
    message: "Driver=image needs Image=.",
  },
  {
    types: ["container", "kube"],
    at: ["Type"],
    section: "Service",
    isBroken: ({ get }) => !["notify", "oneshot", undefined].includes(get("Type", "Service")),
    message: "[Service] Type= can only be notify or oneshot here.",
  },
  {
    types: ["container", "kube"],
    at: ["KillMode"],
    section: "Service",
    isBroken: ({ get }) => !["mixed", "control-group", undefined].includes(get("KillMode", "Service")),
    message: "[Service] KillMode= can only be mixed or control-group.",
  },
  {
    types: everyType,
    at: ["Restart"],
    section: "Service",
    isBroken: ({ get }) => get("Type", "Service") === "oneshot" && /^(?:always|on-success)$/u.test(get("Restart", "Service") ?? ""),
    message: "systemd refuses Restart=always and on-success for a oneshot service.",
  },
  ...["User", "Group", "DynamicUser"].map(
    (key): Rule => ({
      types: everyType,
      at: [key],
      section: "Service",
      isBroken: ({ get }) => get(key, "Service") !== undefined,
      message: `[Service] ${key}= is not supported: rootless Podman has to run as the user of the user manager.`,
      remedy: "Use User= of [Container], or UserNS=.",
    }),
  ),
  {
    types: everyType,
    at: ["ExecStart"],
    section: "Service",
    isBroken: ({ get }) => get("ExecStart", "Service") !== undefined,
    message: "[Service] ExecStart= is the generator's: with a second one systemd refuses the unit.",
    remedy: "Use Exec= of [Container], ExecStartPre= or ExecStartPost=.",
  },
];

/** The rules that a document breaks. */
export function combinationIssues(document: UnitDocument, options: ValidateOptions): readonly Issue[] {
  const own = typeSection(options.type);
  const pairs = (key: string, section = own): readonly Pair[] => lookupPairs(document, section, key);
  const facts: Facts = {
    version: options.podmanVersion,
    get: (key, section) => pairs(key, section).at(-1)?.value,
    all: (key, section) => lookupAll(document, section ?? own, key),
  };
  // Without its own section a document breaks half of the rules; that it lacks the section is said elsewhere.
  if (!document.sections.some((section) => section.name === own)) return [];
  return rules.flatMap((rule): readonly Issue[] => {
    if (!rule.types.includes(options.type) || !rule.isBroken(facts)) return [];
    const pair = rule.at.flatMap((key) => pairs(key, rule.section)).at(-1);
    const place = pair === undefined ? { file: document.file } : { file: pair.file, line: pair.line };
    const remedy = rule.remedy === undefined ? {} : { remedy: rule.remedy };
    return [{ severity: rule.severity ?? "error", code: "unit-value", message: rule.message, place, ...remedy }];
  });
}

function isAnySet(get: Facts["get"], keys: readonly string[]): boolean {
  return keys.some((key) => get(key) !== undefined);
}

function buildFolder(get: Facts["get"]): string | undefined {
  return get("SetWorkingDirectory") ?? get("WorkingDirectory", "Service");
}
