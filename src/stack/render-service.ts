/** What render adds to `[Service]` and around it where the source says nothing. */
import { appendEntry, lookupLast, type UnitDocument, withValue } from "../quadlet/document.ts";
import { isNetworkProbe } from "./probe.ts";
import type { StackUnit } from "./stack.ts";
import { isYes, lastValue } from "./values.ts";

type Line = readonly [section: string, key: string, value: string];

/**
 * Restarts after 0.1, 0.3, 0.7, 1.9 and 5 s, and after five starts within 30 s it is over (8 s for an image that exits at once): then the
 * unit is `failed`, and Phoenix takes over with its own back-off. A slower loop is never cut off by systemd, nor is a person who
 * restarts by hand now and then: those starts count too.
 */
const pacing: readonly Line[] = [
  ["Unit", "StartLimitIntervalSec", "30"],
  ["Unit", "StartLimitBurst", "5"],
  ["Service", "RestartSec", "100ms"],
  ["Service", "RestartSteps", "4"],
  ["Service", "RestartMaxDelaySec", "5s"],
];

/** Keys with which a source shows that it has a pace of its own. */
const ownPace: readonly (readonly [section: string, key: string])[] = [
  ...pacing.map(([section, key]) => [section, key] as const),
  ["Unit", "StartLimitInterval"],
  ["Service", "StartLimitInterval"],
  ["Service", "StartLimitBurst"],
];

/** Restart behaviour; the source's wins, whole and not line by line. */
export function withRestartDefaults(document: UnitDocument, systemdVersion: number | undefined): UnitDocument {
  const has = (section: string, key: string): boolean => lookupLast(document, section, key) !== undefined;
  const lines: readonly Line[] = [
    ...(has("Service", "Restart") ? [] : [["Service", "Restart", "on-failure"] as const]),
    ...(ownPace.some(([section, key]) => has(section, key)) ? [] : pacing.filter(([, key]) => isKnown(key, systemdVersion))),
    // Most programs that do not handle SIGTERM die of it, which a normal stop would show as a crash.
    ...(has("Service", "SuccessExitStatus") ? [] : [["Service", "SuccessExitStatus", "143"] as const]),
  ];
  return lines.reduce((changed, [section, key, value]) => appendEntry(changed, section, key, value), document);
}

/** An older systemd only prints a line about them, but any line about a staged unit refuses a deploy. */
function isKnown(key: string, systemdVersion: number | undefined): boolean {
  return systemdVersion === undefined || systemdVersion >= 254 || (key !== "RestartSteps" && key !== "RestartMaxDelaySec");
}

/** How much longer than our own deadline systemd waits, so that the verdict is ours. */
const marginSec = 15;

/** Lines that follow from the policy. They count from the next start on, so they alone restart nothing. */
export function withPolicyLines(document: UnitDocument, unit: StackUnit): UnitDocument {
  return withoutPodmanChecks(withStartTimeout(withProberBefore(document, unit), unit), unit);
}

const prober = "phoenix-prober.service";

/**
 * Whoever joins an internal network waits for its unit, and that for the prober: the prober switches forwarding on in the rootless network
 * namespace (systemd/phoenix-prober.service), which must not happen when an internal network is there already.
 */
function withProberBefore(document: UnitDocument, { type }: StackUnit): UnitDocument {
  if (type !== "network" || !isYes(lastValue(document, "network", "Internal"))) return document;
  return appendEntry(appendEntry(document, "Unit", "Wants", prober), "Unit", "After", prober);
}

function withStartTimeout(document: UnitDocument, { policy }: StackUnit): UnitDocument {
  const says = (key: string): string | undefined => lookupLast(document, "Service", key);
  // A oneshot's start is its whole run, which systemd does not limit.
  const isOwn = says("TimeoutStartSec") !== undefined || says("TimeoutSec") !== undefined || says("Type") === "oneshot";
  if (policy === undefined || isOwn) return document;
  return appendEntry(document, "Service", "TimeoutStartSec", String(Math.ceil(policy.startupDeadlineMs / 1000) + marginSec));
}

/** Where our own probes cover a service, Podman's timer would only cost: 94 ms of CPU and six journal lines each time. */
function withoutPodmanChecks(document: UnitDocument, { type, policy, imageHealthcheck }: StackUnit): UnitDocument {
  if (type !== "container" || policy === undefined) return document;
  const get = (key: string): string | undefined => lookupLast(document, "Container", key);
  const probes = [policy.startup, policy.readiness, policy.liveness];
  const isCovered =
    !probes.some((probe) => probe.kind === "podman") && probes.some((probe) => probe.kind === "exec" || isNetworkProbe(probe));
  const isWanted = get("Notify") === "healthy" || (get("HealthOnFailure") ?? "none") !== "none";
  if (!isCovered || isWanted) return document;
  if (get("HealthCmd") !== undefined)
    return get("HealthCmd") === "none" ? document : withValue(document, "Container", "HealthInterval", "disable");
  return imageHealthcheck === true ? withValue(document, "Container", "HealthCmd", "none") : document;
}
