import type { UnitState } from "../../domain/observed.ts";
import type { ServiceName } from "../../domain/words.ts";

type Properties = Readonly<Record<string, unknown>>;
type ActiveState = UnitState["activeState"];

const activeStates: Readonly<Record<ActiveState, true>> = {
  active: true,
  reloading: true,
  refreshing: true,
  inactive: true,
  failed: true,
  activating: true,
  deactivating: true,
  maintenance: true,
};

/** A unit's properties, all interfaces together, as the domain's words. What is missing (a target has no exit status) is empty or 0. */
export function unitStateOf(service: ServiceName, properties: Properties): UnitState {
  const activeState = text(properties, "ActiveState");
  return {
    service,
    loadState: text(properties, "LoadState"),
    activeState: Object.hasOwn(activeStates, activeState) ? (activeState as ActiveState) : "inactive",
    subState: text(properties, "SubState"),
    result: text(properties, "Result"),
    execMainStatus: count(properties, "ExecMainStatus"),
    mainPid: count(properties, "MainPID"),
    restarts: count(properties, "NRestarts"),
    invocation: invocationOf(properties),
    sourcePath: text(properties, "SourcePath"),
    fragmentPath: text(properties, "FragmentPath"),
    dropInPaths: texts(properties, "DropInPaths"),
    activeSince: time(properties, "ActiveEnterTimestamp"),
    stateChangedAt: time(properties, "StateChangeTimestamp"),
  };
}

/** What is said about a unit that systemd does not know. */
export function unknownUnit(service: ServiceName): UnitState {
  return unitStateOf(service, { LoadState: "not-found", ActiveState: "inactive", SubState: "dead", Result: "success" });
}

function text(properties: Properties, key: string): string {
  const value = properties[key];
  return typeof value === "string" ? value : "";
}

function texts(properties: Properties, key: string): readonly string[] {
  const value = properties[key];
  return Array.isArray(value) ? value.map(String) : [];
}

/** 2^64-1 is systemd's "not available". */
function count(properties: Properties, key: string): number {
  const value = properties[key];
  return typeof value === "number" && value < Number.MAX_SAFE_INTEGER ? value : 0;
}

/** Microseconds since 1970 as milliseconds. */
function time(properties: Properties, key: string): number {
  return Math.floor(count(properties, key) / 1000);
}

function invocationOf({ InvocationID: id }: Properties): string {
  const hex = Buffer.isBuffer(id) ? id.toString("hex") : "";
  return /^0*$/.test(hex) ? "" : hex;
}
