/** A key that its section does not have: what was probably meant, and where it belongs. */
import type { Issue } from "../domain/errors.ts";
import type { Pair } from "./document.ts";
import { installKeys } from "./key-table.ts";
import { keysOf, typesWithKey } from "./keys.ts";
import { typeSection, type UnitType } from "./names.ts";
import { nearest } from "./nearest.ts";

/** Keys that people write into the wrong section; systemd's own check knows the rest. */
const systemdKeys: Readonly<Record<string, readonly string[]>> = {
  Unit: [
    ...["After", "Before", "BindsTo", "Conflicts", "Description", "Documentation", "OnFailure", "PartOf", "Requires", "Requisite"],
    ...["RequiresMountsFor", "StartLimitBurst", "StartLimitIntervalSec", "StopWhenUnneeded", "Upholds", "Wants"],
  ],
  Service: [
    ...["CPUQuota", "ExecStartPost", "ExecStartPre", "ExecStopPost", "KillMode", "MemoryMax", "RemainAfterExit", "Restart"],
    ...["RestartMaxDelaySec", "RestartSec", "RestartSteps", "SuccessExitStatus", "SyslogIdentifier", "TasksMax", "TimeoutSec"],
    ...["TimeoutStartSec", "TimeoutStopSec", "WatchdogSec"],
  ],
  Install: Object.keys(installKeys),
};

/** Keys that Quadlet and systemd's [Unit] or [Service] both have. */
const sharedKeys: readonly string[] = ["DefaultDependencies", "Environment", "EnvironmentFile", "Group", "NoNewPrivileges", "Type", "User"];

type Question = {
  readonly type: UnitType;
  readonly section: string;
  /** The keys of the section, or undefined where only systemd knows them. */
  readonly known: readonly string[] | undefined;
  readonly pair: Pair;
};

/** The issue of a key that does not belong where it stands; undefined where nothing is known against it. */
export function unknownKeyIssue({ type, section, known, pair }: Question): Issue | undefined {
  const { key, file, line } = pair;
  if (known?.includes(key) === true || section.startsWith("X-")) return undefined;
  const own = typeSection(type);
  const elsewhere = Object.entries(systemdKeys).find(([name, keys]) => name !== section && keys.includes(key))?.[0];
  if (known === undefined) {
    // systemd's own sections: only what is certainly Podman's is wrong here.
    const isMisplaced = (section === "Unit" || section === "Service") && keysOf(type).includes(key) && !sharedKeys.includes(key);
    return isMisplaced || elsewhere !== undefined ? issue(`it belongs to [${isMisplaced ? own : elsewhere}]`) : undefined;
  }
  const near = nearest(key, known);
  if (near !== undefined && near.toLowerCase() === key.toLowerCase()) return issue(`keys are case sensitive, it is ${near}=`);
  if (elsewhere !== undefined) return issue(`it belongs to [${elsewhere}]`);
  if (section !== own && keysOf(type).includes(key)) return issue(`it belongs to [${own}]`);
  if (near !== undefined) return issue(`did you mean ${near}=?`);
  const others = typesWithKey(key).filter((other) => other !== type);
  return issue(others.length === 0 ? undefined : `it is a key of .${others.join(", .")} files`);

  function issue(hint: string | undefined): Issue {
    const message = `[${section}] has no key ${key}=${hint === undefined ? "" : `; ${hint}`}.`;
    return { severity: "error", code: "unit-key", message: message.replace("?.", "?"), place: { file, line } };
  }
}
