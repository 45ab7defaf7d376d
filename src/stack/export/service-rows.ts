/** What `[Service]` says and Compose has a word for: restarts and limits. All else there is systemd's. */
import { rowOf } from "../../domain/table.ts";
import type { Fields } from "./rows.ts";

type Read = (value: string) => Fields | undefined;

const restarts: Readonly<Record<string, string>> = {
  no: "no",
  always: "always",
  "on-failure": "on-failure",
  "on-abnormal": "on-failure",
  "on-abort": "on-failure",
  "on-watchdog": "on-failure",
};

/** `undefined` = this value cannot be said. */
export const serviceRows: Readonly<Record<string, Read>> = {
  Restart: (value) => {
    const restart = rowOf(restarts, value);
    return restart === undefined ? undefined : { restart };
  },
  MemoryMax: (value) => sized("mem_limit", value),
  TasksMax: (value) => (/^\d+$/u.test(value) ? { pids_limit: Number(value) } : undefined),
  CPUQuota: (value) => (/^\d+%$/u.test(value) ? { cpus: Number(value.slice(0, -1)) / 100 } : undefined),
  // systemd counts from 100, Compose from 1024; both only say who comes first.
  CPUWeight: (value) => (/^\d+$/u.test(value) ? { cpu_shares: Math.max(2, Math.round((Number(value) * 1024) / 100)) } : undefined),
};

/** systemd and Compose both count in powers of 1024. */
function sized(field: string, value: string): Fields | undefined {
  const [, digits, unit = ""] = /^(\d+)([KMGT]?)$/u.exec(value) ?? [];
  return digits === undefined ? undefined : { [field]: `${digits}${unit === "" ? "b" : unit.toLowerCase()}` };
}
