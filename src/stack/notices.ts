/** What a person should know about a unit that is valid: what Phoenix renders otherwise, and what works against it. */
import type { Issue } from "../domain/errors.ts";
import type { Policy } from "../domain/policy.ts";
import type { ServiceName, UnitType } from "../domain/words.ts";
import { lookupPairs, type Pair, type UnitDocument } from "../quadlet/document.ts";
import { typeSection } from "../quadlet/names.ts";
import { isNetworkProbe } from "./probe.ts";
import { type Reference, serviceOf } from "./references.ts";
import { lastValue, valuesOf } from "./values.ts";

export type NoticeUnit = {
  readonly type: UnitType;
  readonly service: ServiceName;
  readonly document: UnitDocument;
  readonly policy?: Policy;
  readonly references: readonly Reference[];
};

type Notice = (unit: NoticeUnit, services: ReadonlySet<ServiceName>) => readonly Issue[];

/** Everything worth saying about a unit. `services` are those of the stack that have a process. */
export function noticesOf(unit: NoticeUnit, services: ReadonlySet<ServiceName>): readonly Issue[] {
  return notices.flatMap((notice) => notice(unit, services));
}

const notices: readonly Notice[] = [autoUpdate, install, tightDependencies, podmanArguments, healthOnFailure, noneNetwork, unusedSecrets];

function autoUpdate({ document, type }: NoticeUnit): readonly Issue[] {
  const pairs = type === "container" || type === "kube" ? lookupPairs(document, typeSection(type), "AutoUpdate") : [];
  return pairs.map((pair) =>
    warn("unit-rendered", pair, "AutoUpdate= is left out: Podman would change the image behind Phoenix's back.", {
      remedy: "Use `phoenix deploy --pull` for a newer image; it is proven, or undone.",
    }),
  );
}

const usualTargets: readonly string[] = ["default.target", "multi-user.target", "phoenix.target"];

function install({ document, type }: NoticeUnit): readonly Issue[] {
  if (type === "build" || type === "image") return [];
  return (["WantedBy", "RequiredBy", "UpheldBy", "Alias"] as const).flatMap((key) =>
    lookupPairs(document, "Install", key)
      .filter((pair) => key === "Alias" || pair.value.split(/\s+/u).some((target) => !usualTargets.includes(target)))
      .map((pair) =>
        warn(
          "unit-rendered",
          pair,
          `${key}=${pair.value} is left out: ${key === "Alias" ? "a unit has one name" : "phoenix.target starts this unit"}.`,
        ),
      ),
  );
}

const tight: readonly string[] = ["Requires", "BindsTo", "Requisite", "PartOf"];

/** Measured: while a dependency crash-loops, these leave the dependent dead even after the dependency is back. */
function tightDependencies({ references }: NoticeUnit, services: ReadonlySet<ServiceName>): readonly Issue[] {
  return references.flatMap(({ kind, target, pair }): readonly Issue[] => {
    const service = serviceOf(target);
    if (kind === "Upholds") {
      return [
        warn("unit-rendered", pair, `Upholds=${target} is written as Wants=: it would restart what a person stopped.`, {
          remedy: "Write Wants= yourself.",
        }),
      ];
    }
    if (!tight.includes(kind) || !services.has(service)) return [];
    return [warn("unit-dependency", pair, `${kind}=${target} stops this service whenever ${service} stops, and may leave it stopped.`)];
  });
}

/** Podman takes the last of several; these would undo what render says. */
function podmanArguments({ document, type }: NoticeUnit): readonly Issue[] {
  const taken = /^--(?:pull|name|replace|rm|cidfile|pod-id-file|sdnotify|cgroups)(?:=|$)/u;
  if (type !== "container" && type !== "pod") return [];
  return valuesOf(document, type, "PodmanArgs").flatMap(({ value, pair }): readonly Issue[] => {
    const flag = taken.exec(value)?.[0].replace(/=$/u, "");
    if (flag === undefined || (flag === "--sdnotify" && value !== "--sdnotify")) return [];
    const issue = warn("unit-value", pair, `Cannot use ${flag} in PodmanArgs=: Quadlet and Phoenix set it themselves.`, {
      remedy: flag === "--name" ? "Use ContainerName= or PodName=." : "Leave it out.",
    });
    return [{ ...issue, severity: "error" }];
  });
}

function healthOnFailure({ document, type, policy }: NoticeUnit): readonly Issue[] {
  const pair = type === "container" ? lookupPairs(document, "Container", "HealthOnFailure").at(-1) : undefined;
  if (pair === undefined || pair.value === "none" || policy === undefined || policy.heal === "none") return [];
  return [
    warn("unit-value", pair, `HealthOnFailure=${pair.value} acts beside Phoenix, which heals this service too.`, {
      remedy: "Leave HealthOnFailure= out, or write Heal=none.",
    }),
  ];
}

function noneNetwork({ document, type, policy }: NoticeUnit): readonly Issue[] {
  if (type !== "container" || policy === undefined || lastValue(document, type, "Network") !== "none") return [];
  const asks = [policy.startup, policy.readiness, policy.liveness].some((probe) => isNetworkProbe(probe) && probe.host === undefined);
  const pair = lookupPairs(document, "Container", "Network").at(-1);
  if (!asks || pair === undefined) return [];
  const issue = warn("policy-value", pair, "Cannot send a network probe to a container with Network=none.", {
    remedy: "Use an exec: probe.",
  });
  return [{ ...issue, severity: "error" }];
}

function unusedSecrets({ document, type, policy }: NoticeUnit): readonly Issue[] {
  if (type !== "container") return [];
  const used = valuesOf(document, type, "Secret").map(({ value }) => value.split(",", 1)[0]);
  return lookupPairs(document, "X-Phoenix", "GenerateSecret").flatMap((pair) =>
    pair.value
      .split(/\s+/u)
      .filter((name) => policy?.generateSecrets.includes(name) === true && !used.includes(name))
      .map((name) =>
        warn("policy-value", pair, `GenerateSecret=${name} makes a secret that this unit does not use.`, { remedy: `Add Secret=${name}.` }),
      ),
  );
}

function warn(code: Issue["code"], pair: Pair, message: string, more: { readonly remedy?: string } = {}): Issue {
  return { severity: "warning", code, message, place: { file: pair.file, line: pair.line }, ...more };
}
