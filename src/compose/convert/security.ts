/** Capabilities, security options, devices: what a container may do beyond its own. */
import type { ComposeNode } from "../node.ts";
import type { ServiceDraft } from "./drafts.ts";
import { refuse, risk, tell } from "./notes.ts";
import { put, putArguments, type Source } from "./unit.ts";
import { isOn, itemsOf, memberOf, textOf, textsOf } from "./values.ts";

const riskyCapabilities = /^(?:CAP_)?(?:ALL|SYS_ADMIN|SYS_MODULE|SYS_PTRACE|SYS_RAWIO|DAC_READ_SEARCH|BPF|MAC_ADMIN|MAC_OVERRIDE)$/iu;

export function putCapabilities(key: "AddCapability" | "DropCapability") {
  return (node: ComposeNode, { unit, notes }: ServiceDraft, path: string): void => {
    for (const item of itemsOf(node)) {
      const name = textOf(item);
      if (!/^[A-Za-z_]+$/u.test(name)) {
        refuse(notes, path, item.place, `${JSON.stringify(name)} is no capability`);
        return;
      }
      if (key === "AddCapability" && riskyCapabilities.test(name))
        risk(notes, path, item.place, `${name} reaches far beyond the container.`);
    }
    // One line holds them all, as a person would write it.
    const names = textsOf(node);
    if (names.length > 0) put(unit, key, names, { path, place: node.place }, notes);
  };
}

export function putPrivileged(node: ComposeNode, { unit, notes }: ServiceDraft, path: string): void {
  if (!isOn(node)) return;
  risk(notes, path, node.place, "A privileged container has every capability and device that you have.");
  putArguments(unit, ["--privileged"], { path, place: node.place }, notes);
}

type Option = (value: string, service: ServiceDraft, from: Source) => void;

const byKey =
  (key: string): Option =>
  (value, { unit, notes }, from) =>
    put(unit, key, value, from, notes);

/** By what stands before the first colon or equals sign; `label` by what stands behind it too. */
const options: Readonly<Record<string, Option>> = {
  "no-new-privileges": (value, { unit, notes }, from) => {
    if (value !== "false") put(unit, "NoNewPrivileges", "true", from, notes);
  },
  "label:disable": (_, { unit, notes }, from) => put(unit, "SecurityLabelDisable", "true", from, notes),
  "label:nested": (_, { unit, notes }, from) => put(unit, "SecurityLabelNested", "true", from, notes),
  "label:type": byKey("SecurityLabelType"),
  "label:level": byKey("SecurityLabelLevel"),
  "label:filetype": byKey("SecurityLabelFileType"),
  "label:user": (value, service, from) => putOption(`label=user:${value}`, service, from),
  "label:role": (value, service, from) => putOption(`label=role:${value}`, service, from),
  seccomp: (value, service, from) => {
    if (value === "unconfined") risk(service.notes, from.path, from.place, "Without a filter it may make every system call.");
    put(service.unit, "SeccompProfile", value, from, service.notes);
  },
  apparmor: (value, service, from) => {
    if (value === "unconfined") risk(service.notes, from.path, from.place, "No AppArmor profile keeps it in bounds.");
    put(service.unit, "AppArmor", value, from, service.notes);
  },
  systempaths: (_, service, from) => {
    risk(service.notes, from.path, from.place, "It sees the parts of /proc and /sys that are hidden from containers.");
    putOption("unmask=ALL", service, from);
  },
  mask: byKey("Mask"),
  unmask: byKey("Unmask"),
  "proc-opts": (value, service, from) => putOption(`proc-opts=${value}`, service, from),
};

function putOption(option: string, { unit, notes }: ServiceDraft, from: Source): void {
  putArguments(unit, [`--security-opt=${option}`], from, notes);
}

export function putSecurityOptions(node: ComposeNode, service: ServiceDraft, path: string): void {
  for (const item of itemsOf(node)) {
    const text = textOf(item);
    const [, name = "", value = ""] = /^([^:=]+)[:=]?(.*)$/su.exec(text) ?? [];
    const [, part = "", rest = ""] = /^([^:=]+)[:=]?(.*)$/su.exec(value) ?? [];
    const isLabel = name === "label";
    const option = options[isLabel ? `label:${part}` : name];
    const from = { path, place: item.place };
    if (option !== undefined) option(isLabel ? rest : value, service, from);
    else {
      const message = `Podman has no security option ${name}.`;
      tell(service.notes, {
        verdict: "not-carried",
        key: path,
        place: item.place,
        message,
        remedy: "Remove it, or find what podman-run(1) has instead.",
      });
    }
  }
}

const riskyDevices = /^\/dev\/(?:mem|kmem|port|sd[a-z]\d*|nvme\w+|vd[a-z]\d*|mapper(?:\/.*)?)?$/u;

export function putDevices(node: ComposeNode, { unit, notes }: ServiceDraft, path: string): void {
  for (const item of itemsOf(node)) {
    const get = (key: string): string => textOf(memberOf(item, key));
    const value =
      item.kind === "map" ? [get("source"), get("target") || get("source"), get("permissions")].join(":").replace(/:$/u, "") : textOf(item);
    const [source = ""] = value.split(":");
    const isDevice = /^\/[^:\n]+(?::\/[^:\n]+)?(?::[rwm]{1,3})?$/u.test(value);
    const isNamed = /^[\w.-]+(?:\/[\w.-]+)?=[\w.:-]+$/u.test(value);
    if (!isDevice && !isNamed) {
      refuse(notes, path, item.place, "it takes /dev/NAME, with a path and permissions behind colons, or vendor/class=name");
      continue;
    }
    if (riskyDevices.test(source)) risk(notes, path, item.place, `${source} holds more than this service's own.`);
    put(unit, "AddDevice", value, { path, place: item.place }, notes);
  }
}

/** Graphics cards come by the Container Device Interface. */
export function putGpus(node: ComposeNode, { unit, notes }: ServiceDraft, path: string): void {
  const names = node.kind === "list" ? node.items.flatMap(cardsOf) : ["all"];
  for (const name of names) put(unit, "AddDevice", `nvidia.com/gpu=${name}`, { path, place: node.place }, notes);
}

function cardsOf(item: ComposeNode): readonly string[] {
  const ids = textsOf(memberOf(item, "device_ids"));
  const count = textOf(memberOf(item, "count"));
  if (ids.length > 0) return ids.filter((id) => /^[\w.:-]+$/u.test(id));
  return /^\d{1,2}$/u.test(count) ? Array.from({ length: Number(count) }, (_, index) => String(index)) : ["all"];
}

/** Reserved devices that are graphics cards; others are told. */
export function putReservedDevices(node: ComposeNode, service: ServiceDraft, path: string): void {
  for (const item of itemsOf(node)) {
    const isCard = textsOf(memberOf(item, "capabilities")).includes("gpu") && ["", "nvidia"].includes(textOf(memberOf(item, "driver")));
    const note = isCard
      ? {
          verdict: "changed" as const,
          message: "Podman takes graphics cards by the Container Device Interface, which has to be set up once.",
          remedy: "Run `nvidia-ctk cdi generate`; `podman info` then lists the devices.",
        }
      : {
          verdict: "not-carried" as const,
          message: "Podman knows no reservation of such a device.",
          remedy: "Name the device itself under devices.",
        };
    tell(service.notes, { key: path, place: item.place, ...note });
    if (isCard) putGpus({ kind: "list", items: [item], place: item.place }, service, path);
  }
}
