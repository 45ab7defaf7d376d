/** `[X-Phoenix]` -> Policy, every default filled in. */
import type { Issue } from "../domain/errors.ts";
import type { Policy, Probe } from "../domain/policy.ts";
import { parseTimeSpan } from "../domain/time.ts";
import type { Ms, UnitType } from "../domain/words.ts";
import { lookupLast, lookupPairs, type Pair, sectionPairs, type UnitDocument } from "../quadlet/document.ts";
import { typeSection } from "../quadlet/names.ts";
import { nearest } from "../quadlet/nearest.ts";
import { type PolicyKey, type PolicyValues, policyKeys, policySchema } from "./policy-keys.ts";
import { isRunnable } from "./stack.ts";

export const policySection = "X-Phoenix";

export type ReadPolicy = { readonly policy?: Policy; readonly issues: readonly Issue[] };

/** The policy of a unit; only containers, pods and kube units have one. */
export function readPolicy(document: UnitDocument, type: UnitType): ReadPolicy {
  const pairs = sectionPairs(document, policySection);
  if (!isRunnable(type)) {
    return { issues: pairs.slice(0, 1).map((pair) => wrong("policy-key", pair, `A .${type} file has no [${policySection}] section.`)) };
  }
  const keys = [...new Set(pairs.map((pair) => pair.key))];
  const values = Object.fromEntries(keys.flatMap((key) => countedValue(document, key)));
  const parsed = policySchema.safeParse(values);
  if (parsed.success) {
    const policy = completePolicy(parsed.data, document, type);
    return { policy, issues: [...duplicateIssues(pairs), ...meaningIssues(document, policy, type)] };
  }
  const issues = parsed.error.issues.flatMap((issue): readonly Issue[] => {
    if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownKey(lastPair(pairs, key), key));
    const key = String(issue.path[0] ?? "");
    const pair = lastPair(pairs, key);
    return [wrong("policy-value", pair, `Cannot use ${key}=${withoutPassword(pair?.value ?? "")}: ${issue.message}.`)];
  });
  return { issues: [...duplicateIssues(pairs), ...issues] };
}

/** What stands before an @ in a URL is a secret, and messages are logged. */
function withoutPassword(text: string): string {
  return text.replace(/\/\/[^@]*@/gu, "//…@");
}

/** GenerateSecret= may be repeated; of every other key the last line counts. */
function countedValue(document: UnitDocument, key: string): readonly (readonly [string, string])[] {
  const lines = lookupPairs(document, policySection, key);
  // An unknown key is one even where it is empty.
  if (lines.length === 0) return Object.hasOwn(policyKeys, key) ? [] : [[key, ""]];
  return [[key, key === "GenerateSecret" ? lines.map((pair) => pair.value).join(" ") : (lines.at(-1)?.value ?? "")]];
}

function unknownKey(pair: Pair | undefined, key: string): Issue {
  const near = nearest(key, Object.keys(policyKeys));
  return wrong("policy-key", pair, `[${policySection}] has no key ${key}=${near === undefined ? "." : `; did you mean ${near}=?`}`);
}

/** Twice in one file is a mistake; a drop-in may replace a value. */
function duplicateIssues(pairs: readonly Pair[]): readonly Issue[] {
  return pairs
    .filter((pair, index) => pair.key !== "GenerateSecret" && isRepeat(pairs.slice(0, index), pair))
    .map((pair) => wrong("policy-key", pair, `${pair.key}= stands here for the second time; only one line can count.`));
}

function isRepeat(before: readonly Pair[], pair: Pair): boolean {
  return pair.value !== "" && before.some((other) => other.key === pair.key && other.file === pair.file && other.value !== "");
}

function lastPair(pairs: readonly Pair[], key: string): Pair | undefined {
  return pairs.findLast((pair) => pair.key === key);
}

function wrong(code: Issue["code"], pair: Pair | undefined, message: string): Issue {
  return { severity: "error", code, message, ...(pair === undefined ? {} : { place: { file: pair.file, line: pair.line } }) };
}

/** Values that are each allowed but cannot work in this unit. */
function meaningIssues(document: UnitDocument, policy: Policy, type: UnitType): readonly Issue[] {
  const probes = ["Startup", "Readiness", "Liveness"] as const satisfies readonly PolicyKey[];
  return probes.flatMap((key): readonly Issue[] => {
    const pair = lookupPairs(document, policySection, key).at(-1);
    if (pair === undefined) return [];
    const probe = policy[probeNames[key]];
    if (type !== "container" && (probe.kind === "podman" || probe.kind === "exec")) {
      return [
        wrong("policy-value", pair, `Cannot use ${key}=${pair.value}: it runs in a container, and a .${type} file has none of its own.`),
      ];
    }
    if (type === "kube" && "port" in probe && probe.host === undefined) {
      return [
        wrong("policy-value", pair, `Cannot use ${key}=${pair.value}: a .kube file needs a host, such as 127.0.0.1 and a published port.`),
      ];
    }
    if (probe.kind === "podman" && lookupLast(document, "Container", "HealthCmd") === "none") {
      return [wrong("policy-value", pair, `Cannot use ${key}=podman:, since HealthCmd=none switches it off.`)];
    }
    return [];
  });
}

const probeNames = { Startup: "startup", Readiness: "readiness", Liveness: "liveness" } as const;

function completePolicy(values: PolicyValues, document: UnitDocument, type: UnitType): Policy {
  const fallback = defaultProbe(document, type);
  return {
    startup: values.Startup ?? values.Readiness ?? values.Liveness ?? fallback,
    readiness: values.Readiness ?? values.Liveness ?? fallback,
    liveness: values.Liveness ?? fallback,
    periodMs: values.Period ?? 10_000,
    timeoutMs: values.Timeout ?? 1000,
    initialDelayMs: values.InitialDelay ?? 0,
    failureThreshold: values.FailureThreshold ?? 3,
    successThreshold: values.SuccessThreshold ?? 1,
    startupDeadlineMs: values.StartupDeadline ?? startupFromHealthKeys(document) ?? 120_000,
    minHealthyMs: values.MinHealthy ?? 10_000,
    heal: values.Heal ?? "restart",
    graceMs: values.Grace ?? stopTimeout(document, type),
    restartBudget: values.RestartBudget ?? { restarts: 5, windowMs: 600_000 },
    rollback: values.Rollback ?? true,
    rehearse: values.Rehearse ?? "auto",
    generateSecrets: values.GenerateSecret ?? [],
  };
}

function defaultProbe(document: UnitDocument, type: UnitType): Probe {
  return type === "container" && hasHealthCommand(document) ? { kind: "podman" } : { kind: "unit" };
}

/** Whether the source itself gives the container a health command. */
export function hasHealthCommand(document: UnitDocument): boolean {
  const command = lookupLast(document, "Container", "HealthCmd");
  return command !== undefined && command !== "none";
}

/** As Podman counts: nothing fails during the start period, and then it takes `retries` failures. */
function startupFromHealthKeys(document: UnitDocument): Ms | undefined {
  const get = (key: string): string | undefined => lookupLast(document, "Container", key);
  const time = (key: string, otherwise: Ms): Ms => parseTimeSpan(get(key) ?? "") ?? otherwise;
  const startPeriodMs = time("HealthStartPeriod", 0);
  const startupRetries = Number(get("HealthStartupRetries") ?? 0);
  if (get("HealthStartupCmd") !== undefined && startupRetries > 0) {
    return startPeriodMs + time("HealthStartupInterval", 30_000) * startupRetries;
  }
  if (startPeriodMs === 0) return undefined;
  const retries = Number(get("HealthRetries") ?? 3);
  return startPeriodMs + time("HealthInterval", 30_000) * (retries > 0 ? retries : 3);
}

function stopTimeout(document: UnitDocument, type: UnitType): Ms {
  return parseTimeSpan(lookupLast(document, typeSection(type), "StopTimeout") ?? "") ?? 10_000;
}
