/** Health checks: Podman's own keys always, so that the units work without Phoenix; a probe of ours where one is recognised. */
import type { ComposeNode } from "../node.ts";
import { jsonList } from "./command.ts";
import type { ServiceDraft } from "./drafts.ts";
import { goDuration, millisecondsOf, secondsOf } from "./durations.ts";
import { refuse, tell } from "./notes.ts";
import { recogniseProbe } from "./probe.ts";
import { hasOwnNetwork } from "./service-networks.ts";
import { put, putInto, type Source } from "./unit.ts";
import { isOn, memberOf, textOf, textsOf } from "./values.ts";

/** What is asked: words that are run as they are, or a line for the container's shell. */
export type HealthTest = { readonly words: readonly string[] } | { readonly shell: string };

export function putHealth(node: ComposeNode, service: ServiceDraft, path: string): void {
  const { unit, notes } = service;
  const from = { path: `${path}.test`, place: memberOf(node, "test")?.place ?? node.place };
  const test = readTest(node);
  if (test === "none") {
    put(unit, "HealthCmd", "none", from, notes);
    return;
  }
  if (test !== undefined && "problem" in test) {
    refuse(notes, from.path, from.place, test.problem);
    return;
  }
  if (test === undefined) {
    const message =
      "Without a test of its own it changes the image's health check, which Podman cannot do: only the image's own times count.";
    tell(notes, { verdict: "not-carried", key: path, place: node.place, message, remedy: "Write the test here too." });
    return;
  }
  putTest(test, service, from);
  if ("shell" in test) tellUnused(memberOf(node, "test"), from, service);
  putTimes(node, service, path);
  putStartInterval(node, service, path);
  putProbe(node, test, service);
}

function readTest(node: ComposeNode): HealthTest | "none" | { readonly problem: string } | undefined {
  const test = memberOf(node, "test");
  if (isOn(memberOf(node, "disable"))) return "none";
  if (test === undefined) return undefined;
  if (test.kind === "scalar")
    return test.value === null ? undefined : textOf(test) === "" ? { problem: "it is empty" } : { shell: textOf(test) };
  const [kind = "", ...words] = textsOf(test);
  if (kind === "NONE") return "none";
  const [script = ""] = words;
  // As Docker runs it: further words become the shell's own arguments, which few scripts look at.
  if (kind === "CMD-SHELL" && words.length > 1 && /\$(?:\{?[\d@*#])/u.test(script)) return { words: ["/bin/sh", "-c", ...words] };
  if (kind === "CMD-SHELL" && script !== "") return { shell: script };
  if (kind === "CMD" && words.length > 0 && words[0] !== "") return { words };
  return { problem: "a list begins with CMD, CMD-SHELL or NONE" };
}

/** The likely mistake of `[CMD-SHELL, pg_isready, -U, app]`: the shell runs the first text and hands it the others. */
function tellUnused(test: ComposeNode | undefined, { path, place }: Source, { notes }: ServiceDraft): void {
  const unused = test?.kind === "list" ? textsOf(test).slice(2) : [];
  if (unused.length === 0) return;
  const message = `Docker runs only the first text behind CMD-SHELL, and so does this: ${unused.length} more are left out.`;
  tell(notes, { verdict: "changed", key: path, place, message, remedy: "Write CMD instead, or the whole command as one text." });
}

/**
 * Podman reads a JSON list as words, of which one alone would go to a shell; anything else goes to a shell, but for what begins with
 * CMD. A list that itself begins with CMD or CMD-SHELL is read otherwise again, so each form stands only where it means itself.
 */
function putTest(test: HealthTest, { unit, notes }: ServiceDraft, from: Source): void {
  if ("shell" in test) {
    const { shell } = test;
    const isOwn = /^\s*(?:\[|"|(?:cmd|cmd-shell|none)(?:\s|$))|["\\\s]$|^\s|[\n\r]/iu.test(shell);
    put(unit, "HealthCmd", isOwn ? jsonList(["CMD-SHELL", shell]) : shell, from, notes);
    return;
  }
  const [only = "", ...more] = test.words;
  if (more.length === 0 && /^\S+$/u.test(only)) {
    put(unit, "HealthCmd", `CMD ${only}`, from, notes);
    return;
  }
  if (more.length === 0 || /^(?:cmd|cmd-shell|none)$/iu.test(only)) {
    refuse(notes, from.path, from.place, "Podman cannot run such a command without a shell");
    return;
  }
  put(unit, "HealthCmd", jsonList(test.words), from, notes);
}

const times: readonly (readonly [key: string, unitKey: string])[] = [
  ["interval", "HealthInterval"],
  ["timeout", "HealthTimeout"],
  ["start_period", "HealthStartPeriod"],
];

function putTimes(node: ComposeNode, { unit, notes }: ServiceDraft, path: string): void {
  for (const [key, unitKey] of times) {
    const value = memberOf(node, key);
    if (value !== undefined && textOf(value) !== "")
      put(unit, unitKey, goDuration(textOf(value)), { path: `${path}.${key}`, place: value.place }, notes);
  }
  const retries = memberOf(node, "retries");
  // Podman refuses 0, which Docker takes for its default.
  if (retries !== undefined && Number(textOf(retries)) > 0)
    put(unit, "HealthRetries", textOf(retries), { path, place: retries.place }, notes);
}

/** How often it is asked while it starts: a start-up check of Podman with the same command. */
function putStartInterval(node: ComposeNode, { unit, notes }: ServiceDraft, path: string): void {
  const interval = memberOf(node, "start_interval");
  const command = unit.lines.find(({ key }) => key === "HealthCmd");
  if (interval === undefined || command === undefined) return;
  unit.lines.push({ ...command, key: "HealthStartupCmd" });
  put(unit, "HealthStartupInterval", goDuration(textOf(interval)), { path: `${path}.start_interval`, place: interval.place }, notes);
  const timeout = memberOf(node, "timeout");
  if (timeout !== undefined) put(unit, "HealthStartupTimeout", goDuration(textOf(timeout)), { path, place: timeout.place }, notes);
}

function putProbe(node: ComposeNode, test: HealthTest, { all, name, node: service, unit, place }: ServiceDraft): void {
  const get = (key: string, otherwise: string): string => textOf(memberOf(node, key)) || otherwise;
  const retries = Number(get("retries", "3"));
  if (all.gates.get(name)?.has("service_healthy") === true) {
    // Until it is healthy its start is not done; systemd would give up after 90 s.
    const seconds = secondsOf(get("start_period", "0s")) + retries * (secondsOf(get("interval", "30s")) + secondsOf(get("timeout", "30s")));
    if (seconds > 75) putInto(unit, "Service", "TimeoutStartSec", String(seconds + 15), node.place);
  }
  const probe = hasOwnNetwork(service) ? recogniseProbe(test, name) : undefined;
  if (probe === undefined || hasOwnPolicy(service)) return;
  putInto(unit, "X-Phoenix", "Readiness", probe, node.place);
  putInto(unit, "X-Phoenix", "Liveness", probe, node.place);
  const timeout = millisecondsOf(get("timeout", "5s"));
  putInto(unit, "X-Phoenix", "Timeout", timeout % 1000 === 0 ? `${timeout / 1000}s` : `${timeout}ms`, node.place);
  if (retries > 0 && retries !== 3) putInto(unit, "X-Phoenix", "FailureThreshold", String(Math.min(retries, 1000)), place);
}

/** Who writes probes of their own has said what they want. */
function hasOwnPolicy(service: ComposeNode): boolean {
  const policy = memberOf(service, "x-phoenix");
  return policy?.kind === "map" && policy.entries.some(({ key }) => ["Startup", "Readiness", "Liveness"].includes(key));
}
