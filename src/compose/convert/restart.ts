/** When systemd starts a service again. */
import { rowOf } from "../../domain/table.ts";
import type { ComposeNode } from "../node.ts";
import { isOneshot } from "./depends.ts";
import type { ServiceDraft } from "./drafts.ts";
import { secondsOf } from "./durations.ts";
import { refuse, tell } from "./notes.ts";
import { putInto } from "./unit.ts";
import { isNull, memberOf, textOf } from "./values.ts";

/** Compose's words and those of deploy.restart_policy. */
const words: Readonly<Record<string, "always" | "on-failure" | "no">> = {
  no: "no",
  false: "no",
  none: "no",
  always: "always",
  "unless-stopped": "always",
  any: "always",
  "on-failure": "on-failure",
};

/** `deploy.restart_policy` counts before `restart`, as in Compose. */
export function putRestart(service: ServiceDraft): void {
  const { node, name, notes } = service;
  const policy = memberOf(memberOf(node, "deploy"), "restart_policy");
  if (!isNull(policy) && policy !== undefined) {
    putPolicy(policy, service);
    return;
  }
  const restart = memberOf(node, "restart");
  if (restart === undefined || textOf(restart) === "") return;
  const path = `services.${name}.restart`;
  const [, word = "", tries] = /^([a-z-]+)(?::(\d{1,6}))?$/u.exec(textOf(restart)) ?? [];
  const known = rowOf(words, word);
  if (known === undefined || (tries !== undefined && known !== "on-failure")) {
    refuse(notes, path, restart.place, "it takes no, always, unless-stopped, on-failure or on-failure:5");
    return;
  }
  putWord(known, restart, service, path);
  // Docker counts for ever, systemd within a time; an hour is long enough for a slow loop.
  if (tries !== undefined && Number(tries) > 0) putLimit(Number(tries), 3600, restart, service);
}

function putPolicy(policy: ComposeNode, service: ServiceDraft): void {
  const get = (key: string): string => textOf(memberOf(policy, key));
  const path = `services.${service.name}.deploy.restart_policy`;
  const known = words[get("condition") || "any"];
  if (known === undefined) {
    refuse(service.notes, path, policy.place, "its condition is none, on-failure or any");
    return;
  }
  putWord(known, policy, service, path, get("delay"));
  const tries = Number(get("max_attempts") || 0);
  if (tries > 0) putLimit(tries, get("window") === "" ? 3600 : secondsOf(get("window")), policy, service);
}

function putWord(word: string, { place }: ComposeNode, service: ServiceDraft, path: string, delay = ""): void {
  const { all, unit, notes, name } = service;
  if (word === "always" && isOneshot(all, name)) {
    tell(notes, {
      verdict: "changed",
      key: path,
      place,
      message: "Others wait until it is done, so it is started again only when it fails.",
      remedy: "Write restart: on-failure.",
    });
    putInto(unit, "Service", "Restart", "on-failure", place);
    return;
  }
  putInto(unit, "Service", "Restart", word, place);
  // At systemd's own pace of 100 ms, five quick exits would be the end of it.
  if (delay !== "") putInto(unit, "Service", "RestartSec", `${secondsOf(delay)}`, place);
  else if (word === "always") putInto(unit, "Service", "RestartSec", "5", place);
}

/** The first start counts too. */
function putLimit(tries: number, seconds: number, { place }: ComposeNode, { unit }: ServiceDraft): void {
  putInto(unit, "Unit", "StartLimitIntervalSec", String(seconds), place);
  putInto(unit, "Unit", "StartLimitBurst", String(tries + 1), place);
}
