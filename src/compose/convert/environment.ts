/** Environment variables: what `env_file` holds, then what `environment` says. Secrets among them are never readable for others. */
import { posix } from "node:path";
import type { Place } from "../../domain/errors.ts";
import type { ComposeNode } from "../node.ts";
import type { LinesDraft, ProjectDraft, ServiceDraft } from "./drafts.ts";
import { slug } from "./names.ts";
import { refuse, tell } from "./notes.ts";
import { looksSecret } from "./secret-looking.ts";
import { fileOf, put } from "./unit.ts";
import { assignmentsOf, itemsOf, memberOf, textOf } from "./values.ts";

type Variable = { readonly name: string; readonly value: string; readonly place: Place; readonly path: string };

export function putEnvironment(service: ServiceDraft): void {
  const variables = new Map<string, Variable>();
  for (const variable of [...fromFiles(service, "env_file"), ...fromService(service)]) {
    variables.delete(variable.name);
    variables.set(variable.name, variable);
  }
  const secret = [...variables.values()].filter(({ name, value }) => looksSecret(name, value));
  for (const variable of variables.values()) putVariable(service, variable, secret.includes(variable));
  tellSecrets(service, secret);
}

/** What the files of a key hold, in their order. */
function fromFiles({ all, node, name }: ServiceDraft, key: "env_file" | "label_file"): readonly Variable[] {
  return itemsOf(memberOf(node, key)).flatMap((item) => {
    const path = textOf(item.kind === "map" ? memberOf(item, "path") : item);
    const entries = all.project.envFiles.get(posix.resolve(all.project.folder, path)) ?? [];
    return entries.map((entry) => ({ ...entry, path: `services.${name}.${key}` }));
  });
}

function fromService({ node, name, notes }: ServiceDraft): readonly Variable[] {
  const stated = assignmentsOf(memberOf(node, "environment"));
  const unset = stated.filter(({ value }) => value === undefined);
  const [first] = unset;
  if (first !== undefined) {
    tell(notes, {
      verdict: "changed",
      key: `services.${name}.environment`,
      place: first.place,
      message: `${unset.map((one) => one.name).join(", ")}: not set here and now, so the service does without. Compose would look again at every start.`,
      remedy: "Write the value, or set it in the environment or in .env, and convert again.",
    });
  }
  return stated.flatMap(({ name: variable, value, place }) =>
    value === undefined ? [] : [{ name: variable, value, place, path: `services.${name}.environment.${variable}` }],
  );
}

function putVariable(service: ServiceDraft, { name, value, place, path }: Variable, isSecret: boolean): void {
  const { all, unit, notes } = service;
  if (name === "" || /[=\s\0]/u.test(name)) {
    refuse(notes, path, place, "a variable's name is not empty, and has no space and no =");
    return;
  }
  if (!isSecret || !all.options.secrets) {
    put(unit, "Environment", `${name}=${value}`, { path, place }, notes);
    return;
  }
  put(unit, "Secret", `${secretFor(all, service.name, name, value, place)},type=env,target=${name}`, { path, place }, notes);
}

/** One Podman secret for the same variable with the same value, whoever uses it. */
function secretFor(all: ProjectDraft, service: string, variable: string, value: string, place: Place): string {
  const short = slug(`${all.project.name}-${variable.replaceAll("_", "-")}`);
  const made = all.madeSecrets.get(short);
  const isSame = made === undefined || (made.value.kind === "text" && made.value.text === value);
  const name = isSame ? short : slug(`${all.project.name}-${service}-${variable.replaceAll("_", "-")}`);
  all.madeSecrets.set(name, { name, value: { kind: "text", text: value }, place });
  return name;
}

function tellSecrets({ all, name, unit, notes }: ServiceDraft, secret: readonly Variable[]): void {
  const [first] = secret;
  if (first === undefined) return;
  const names = secret.map((variable) => variable.name).join(", ");
  if (!all.options.secrets) all.privateUnits.add(fileOf(unit));
  tell(notes, {
    verdict: "changed",
    key: `services.${name}.environment`,
    place: first.place,
    message: all.options.secrets ? `Held by Podman secrets: ${names}.` : `In plain in ${fileOf(unit)}, which only you can read: ${names}.`,
    remedy: all.options.secrets ? "`podman secret ls` lists them." : "Say --secrets to make Podman secrets of them.",
  });
}

/** A label or something like it: `NAME=value`, one a line. */
export function putAssignments(key: string, node: ComposeNode, { unit, notes }: LinesDraft, path: string): void {
  for (const { name, value = "", place } of assignmentsOf(node)) {
    const from = { path: `${path}.${name}`, place };
    if (name === "" || /[=\0]/u.test(name)) refuse(notes, from.path, place, "its name is empty, or holds a =");
    else put(unit, key, `${name}=${value}`, from, notes);
  }
}

/** `labels` count before what the files of `label_file` hold. */
export function putLabels(service: ServiceDraft): void {
  const { node, name, unit, notes } = service;
  const labels = memberOf(node, "labels");
  const stated = new Set(assignmentsOf(labels).map((label) => label.name));
  for (const { name: label, value, place, path } of fromFiles(service, "label_file")) {
    if (!stated.has(label)) put(unit, "Label", `${label}=${value}`, { path, place }, notes);
  }
  if (labels !== undefined) putAssignments("Label", labels, service, `services.${name}.labels`);
}
