/** `PodmanArgs=` is for what Quadlet has no key for; some of it Compose has a word for. */
import type { ComposeData } from "../../compose/write/text.ts";
import type { Fields } from "./rows.ts";
import { composeMap, composeWord } from "./words.ts";

type Form = "text" | "number" | "switch" | "list" | "map";

const flags: Readonly<Record<string, readonly [field: string, form: Form]>> = {
  "--annotation": ["annotations", "map"],
  "--cap-add": ["cap_add", "list"],
  "--cap-drop": ["cap_drop", "list"],
  "--cgroup-parent": ["cgroup_parent", "text"],
  "--cpu-shares": ["cpu_shares", "number"],
  "--cpus": ["cpus", "number"],
  "--cpuset-cpus": ["cpuset", "text"],
  "--device": ["devices", "list"],
  "--device-cgroup-rule": ["device_cgroup_rules", "list"],
  "--env": ["environment", "map"],
  "--group-add": ["group_add", "list"],
  "--interactive": ["stdin_open", "switch"],
  "--ipc": ["ipc", "text"],
  "--label": ["labels", "map"],
  "--mac-address": ["mac_address", "text"],
  "--memory": ["mem_limit", "text"],
  "--memory-reservation": ["mem_reservation", "text"],
  "--memory-swap": ["memswap_limit", "text"],
  "--memory-swappiness": ["mem_swappiness", "number"],
  "--oom-score-adj": ["oom_score_adj", "number"],
  "--pid": ["pid", "text"],
  "--platform": ["platform", "text"],
  "--privileged": ["privileged", "switch"],
  "--runtime": ["runtime", "text"],
  "--security-opt": ["security_opt", "list"],
  "--sysctl": ["sysctls", "map"],
  "--tmpfs": ["tmpfs", "list"],
  "--tty": ["tty", "switch"],
  "--uts": ["uts", "text"],
};

/** The field of one `--flag=value`, or undefined where Compose has none. */
export function argumentField(word: string): Fields | undefined {
  const equals = word.indexOf("=");
  const [flag, value] = equals < 0 ? [word, undefined] : [word.slice(0, equals), composeWord(word.slice(equals + 1))];
  const [field, form] = Object.hasOwn(flags, flag) ? (flags[flag] ?? []) : [];
  if (field === undefined || form === undefined) return undefined;
  if (form === "switch") return { [field]: value === undefined || value === "true" };
  return value === undefined ? undefined : { [field]: shaped(form, value) };
}

function shaped(form: Exclude<Form, "switch">, value: string): ComposeData {
  if (form === "list") return [value];
  if (form === "map") return composeMap([value]);
  return form === "number" ? Number(value) : value;
}
