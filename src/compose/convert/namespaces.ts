/** Namespaces that a service shares with the host or another service. */
import type { ComposeNode } from "../node.ts";
import type { ServiceDraft } from "./drafts.ts";
import { unitName } from "./names.ts";
import { refuse, risk } from "./notes.ts";
import { put, putArguments } from "./unit.ts";
import { isNull, memberOf, textOf } from "./values.ts";

type Space = { readonly flag: string; readonly words: readonly string[]; readonly risk: string };

const spaces: Readonly<Record<string, Space>> = {
  pid: { flag: "--pid", words: ["host", "private"], risk: "It sees every process of your account, and can stop it." },
  ipc: {
    flag: "--ipc",
    words: ["host", "private", "shareable", "none"],
    risk: "It shares memory and semaphores with the host's processes.",
  },
  uts: { flag: "--uts", words: ["host", "private"], risk: "It shares the host's name." },
  cgroup: { flag: "--cgroupns", words: ["host", "private"], risk: "It sees the host's tree of control groups." },
};

export function putNamespace(key: keyof typeof spaces & string) {
  return (node: ComposeNode, service: ServiceDraft, path: string): void => {
    const space = spaces[key];
    if (space === undefined || isNull(node)) return;
    const word = textOf(node);
    const value = space.words.includes(word) ? word : joined(word, service);
    if (value === undefined) {
      refuse(service.notes, path, node.place, `it takes ${space.words.join(", ")} or service:NAME`);
      return;
    }
    if (word === "host") risk(service.notes, path, node.place, space.risk);
    putArguments(service.unit, [`${space.flag}=${value}`], { path, place: node.place }, service.notes);
  };
}

/** `service:db` -> `container:` and the name of its container. */
function joined(word: string, service: ServiceDraft): string | undefined {
  const [, kind, name = ""] = /^(service|container):([A-Za-z0-9][A-Za-z0-9_.-]*)$/u.exec(word) ?? [];
  if (kind === undefined) return undefined;
  if (kind === "container") return word;
  return service.all.services.has(name) ? `container:${containerOf(service, name)}` : undefined;
}

/** What the container of another service is called. */
export function containerOf({ all }: ServiceDraft, name: string): string {
  return textOf(memberOf(all.services.get(name)?.value, "container_name")) || `systemd-${unitName(all, name)}`;
}

/** Podman's own words pass; `host` is what rootless containers have anyway. */
export function putUserNamespace(node: ComposeNode, { unit, notes }: ServiceDraft, path: string): void {
  const word = textOf(node);
  if (word === "" || isNull(node)) return;
  if (/^(?:host|private|nomap|auto|keep-id)(?::[\w=,:@-]+)?$/u.test(word)) put(unit, "UserNS", word, { path, place: node.place }, notes);
  else refuse(notes, path, node.place, "it takes host, keep-id, nomap or auto");
}

export function putVolumesFrom(node: ComposeNode, service: ServiceDraft, path: string): void {
  for (const item of node.kind === "list" ? node.items : []) {
    const [, container, name = "", mode = ""] = /^(container:)?([A-Za-z0-9][A-Za-z0-9_.-]*)(:r[ow])?$/u.exec(textOf(item)) ?? [];
    const isKnown = container !== undefined || service.all.services.has(name);
    if (!isKnown) refuse(service.notes, path, item.place, "it takes SERVICE or container:NAME, and :ro or :rw behind it");
    else {
      const from = container === undefined ? containerOf(service, name) : name;
      putArguments(service.unit, [`--volumes-from=${from}${mode}`], { path, place: item.place }, service.notes);
    }
  }
}
