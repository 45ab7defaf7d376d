/** Secrets and configs: files of the host are mounted as they are, everything else becomes a Podman secret or a file beside the units. */
import type { Place } from "../../domain/errors.ts";
import { writeValue } from "../../quadlet/escape.ts";
import type { ComposeNode } from "../node.ts";
import type { MadeSecret, ServiceDraft } from "./drafts.ts";
import { pathFromUnits, slug } from "./names.ts";
import { refuse, tell } from "./notes.ts";
import { externalName, isExternalNode } from "./put-mounts.ts";
import { textLooksSecret } from "./secret-looking.ts";
import { put, putRaw } from "./unit.ts";
import { isNull, itemsOf, memberOf, textOf } from "./values.ts";

type Kind = "secrets" | "configs";

type Grant = {
  readonly kind: Kind;
  readonly name: string;
  /** Where it shall be in the container. */
  readonly target: string;
  readonly owner: readonly string[];
  /** Podman-compose's way to hand a secret over in an environment variable. */
  readonly isVariable: boolean;
  readonly path: string;
  readonly place: Place;
};

export function putGrants(kind: Kind) {
  return (node: ComposeNode, service: ServiceDraft, path: string): void => {
    for (const item of itemsOf(node)) putGrant(readGrant(kind, item, path), service);
  };
}

function readGrant(kind: Kind, item: ComposeNode, path: string): Grant {
  const get = (key: string): ComposeNode | undefined => memberOf(item, key);
  const name = item.kind === "map" ? textOf(get("source")) : textOf(item);
  const [type = "", stated = ""] = textOf(get("type")).split(",target=");
  const target = textOf(get("target")) || stated || name;
  const folder = kind === "secrets" ? "/run/secrets/" : "/";
  const mode = get("mode");
  const octal = mode?.kind === "scalar" && typeof mode.value === "number" ? `0${mode.value.toString(8)}` : textOf(mode);
  const owner = [
    ...["uid", "gid"].filter((key) => textOf(get(key)) !== "").map((key) => `${key}=${textOf(get(key))}`),
    ...(octal === "" ? [] : [`mode=${octal}`]),
  ];
  const isVariable = type === "env";
  const isPlain = isVariable || target.startsWith("/");
  return { kind, name, isVariable, target: isPlain ? target : `${folder}${target}`, owner, path: `${path}.${name}`, place: item.place };
}

function putGrant(grant: Grant, service: ServiceDraft): void {
  const { all, notes } = service;
  const { kind, name, target, owner, path, place } = grant;
  const definition = all[kind].get(name)?.value;
  if (definition === undefined) {
    refuse(notes, path, place, `nothing of that name stands under ${kind}`);
    return;
  }
  if (/[,:\n\r]/u.test(target)) {
    refuse(notes, path, place, "a target with a comma, a colon or a line break cannot be told to Podman");
    return;
  }
  if (!owner.every((part) => /^(?:[ug]id=\d{1,10}|mode=0?[0-7]{3,4})$/u.test(part))) {
    refuse(notes, path, place, "uid and gid are numbers, mode is one like 0440");
    return;
  }
  if (isExternalNode(memberOf(definition, "external"))) {
    putSecret(grant, { name: externalName(definition, name), value: { kind: "external" }, place }, service);
    return;
  }
  const made = slug(`${all.project.name}-${textOf(memberOf(definition, "name")) || name}`);
  const variable = textOf(memberOf(definition, "environment"));
  const content = memberOf(definition, "content");
  const file = textOf(memberOf(definition, "file"));
  if (file !== "") putFile(grant, file, service);
  else if (variable !== "") putSecret(grant, { name: made, value: { kind: "environment", variable }, place }, service);
  else if (content !== undefined && !isNull(content)) putContent(grant, made, textOf(content), service);
  else refuse(notes, path, place, `it says neither file nor ${kind === "configs" ? "content, " : ""}environment nor external`);
}

function putFile(grant: Grant, file: string, service: ServiceDraft): void {
  if (grant.isVariable) {
    refuse(service.notes, grant.path, grant.place, "a file cannot be handed over as a variable; make a Podman secret of it");
    return;
  }
  const { text, isHome } = pathFromUnits(service.all, file);
  putBind(grant, text, isHome ? "%h" : "", service);
  if (grant.owner.length === 0) return;
  tell(service.notes, {
    verdict: "not-carried",
    key: grant.path,
    place: grant.place,
    message: "The file is mounted as it is: it keeps its own owner and mode.",
    remedy: "Give the file itself the right mode, or make a Podman secret of it.",
  });
}

function putBind({ target, path, place }: Grant, source: string, prefix: string, { unit, notes }: ServiceDraft): void {
  if (source.includes(":")) {
    refuse(notes, path, place, "a path with a colon cannot be mounted");
    return;
  }
  const written = writeValue("container", "Volume", `${source}:${target}:ro`);
  if ("text" in written) putRaw(unit, "Volume", prefix + written.text, place);
  else put(unit, "Volume", `${source}:${target}:ro`, { path, place }, notes);
}

/** Content that sets a password goes where passwords are kept. */
function putContent(grant: Grant, made: string, text: string, service: ServiceDraft): void {
  const { all } = service;
  const isSecret = grant.kind === "secrets" || textLooksSecret(text) || grant.owner.length > 0;
  if (isSecret) {
    putSecret(grant, { name: made, value: { kind: "text", text }, place: grant.place }, service);
    return;
  }
  const path = `files/${slug(grant.name)}`;
  all.files.set(path, { path, text, mode: 0o644 });
  putBind(grant, `./${path}`, "", service);
}

function putSecret({ kind, target, owner, isVariable, path, place }: Grant, secret: MadeSecret, { all, unit, notes }: ServiceDraft): void {
  if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,252}$/u.test(secret.name)) {
    refuse(notes, path, place, "a Podman secret's name has only letters, digits and _ . -");
    return;
  }
  all.madeSecrets.set(secret.name, secret);
  const shown = target.startsWith("/run/secrets/") ? target.slice("/run/secrets/".length) : target;
  const parts = isVariable
    ? [secret.name, "type=env", `target=${target}`]
    : [secret.name, ...(shown === secret.name ? [] : [`target=${shown}`]), ...owner];
  put(unit, "Secret", parts.join(","), { path, place }, notes);
  if (kind === "secrets" || secret.value.kind !== "external") return;
  tell(notes, {
    verdict: "changed",
    key: path,
    place,
    message: `Podman has no configs: the Podman secret ${secret.name} takes the place of this one.`,
    remedy: `Make it: podman secret create ${secret.name} FILE.`,
  });
}
