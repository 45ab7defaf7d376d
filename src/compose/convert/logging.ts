/** Where the output goes: by default to the journal, which keeps its own limits. */
import type { ComposeNode } from "../node.ts";
import type { ServiceDraft } from "./drafts.ts";
import { tell } from "./notes.ts";
import { put } from "./unit.ts";
import { isNull, memberOf, textOf } from "./values.ts";

/** Drivers that Podman has under the same name. */
const same: ReadonlySet<string> = new Set(["journald", "none", "k8s-file", "passthrough"]);
const files: ReadonlySet<string> = new Set(["", "json-file", "local", "default"]);

export function putLogging(node: ComposeNode, { unit, notes }: ServiceDraft, path: string): void {
  const driver = textOf(memberOf(node, "driver"));
  const options = memberOf(node, "options");
  const hasOptions = options?.kind === "map" && options.entries.length > 0;
  if (same.has(driver)) put(unit, "LogDriver", driver, { path: `${path}.driver`, place: node.place }, notes);
  else if (files.has(driver)) {
    if (driver === "" && !hasOptions) return;
    tell(notes, {
      verdict: "changed",
      key: path,
      place: node.place,
      message: "The journal keeps the output, and its own limits hold instead of those of a file.",
      remedy: "Set SystemMaxUse= in journald.conf, or write LogDriver=k8s-file and LogOpt=max-size=10m into the unit.",
    });
    return;
  } else {
    const message = `Podman has no log driver ${driver}; the output goes to the journal.`;
    tell(notes, {
      verdict: "not-carried",
      key: path,
      place: node.place,
      message,
      remedy: "Forward the journal to where the logs shall go.",
    });
    return;
  }
  for (const { key, keyPlace, value } of options?.kind === "map" ? options.entries : []) {
    const own = `${path}.options.${key}`;
    const isKnown = key === "tag" || (driver === "k8s-file" && ["path", "max-size"].includes(key));
    if (isKnown && !isNull(value)) put(unit, "LogOpt", `${key}=${textOf(value)}`, { path: own, place: keyPlace }, notes);
    else {
      const message = `Podman's driver ${driver} has no option ${key}.`;
      tell(notes, { verdict: "not-carried", key: own, place: keyPlace, message, remedy: "Leave it out." });
    }
  }
}
