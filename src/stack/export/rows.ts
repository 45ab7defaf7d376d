/**
 * Every key of `[Container]` and what becomes of it in a Compose file: a `Put` carries it by itself, `"elsewhere"` means that it is read
 * together with other units (networks.ts, volumes.ts, container.ts), and a sentence says why Compose has nothing for it.
 */
import type { ComposeData } from "../../compose/write/text.ts";
import type { containerKeys } from "../../quadlet/key-table-container.ts";
import { isYes } from "../values.ts";
import { composeMap, composeWord, jsonWords } from "./words.ts";

/** Fields of a service; lists and maps of several rows are joined. */
export type Fields = Readonly<Record<string, ComposeData>>;
type Put = (values: readonly string[]) => Fields;
export type Row = Put | "elsewhere" | { readonly lost: string };

const list =
  (field: string): Put =>
  (values) => ({ [field]: values.map(composeWord) });
const last =
  (field: string): Put =>
  (values) => ({ [field]: composeWord(values.at(-1) ?? "") });
const map =
  (field: string): Put =>
  (values) => ({ [field]: composeMap(values.map(composeWord)) });
const flag =
  (field: string): Put =>
  (values) => ({ [field]: isYes(values.at(-1)) });
const security =
  (option: string): Put =>
  (values) => ({ security_opt: values.map((value) => `${option}${composeWord(value)}`) });
const securityFlag =
  (option: string): Put =>
  (values): Fields =>
    isYes(values.at(-1)) ? { security_opt: [option] } : {};
const health =
  (field: string): Put =>
  (values) => ({ healthcheck: { [field]: healthField(field, composeWord(values.at(-1) ?? "")) } });
const lost = (because: string): { readonly lost: string } => ({ lost: because });

const toPodman = "it is an option of podman that neither podman-compose nor Docker takes";
const toSystemd = "only systemd has a use for it";
const startup = "there is one health check only";

export const containerRows = {
  AddCapability: list("cap_add"),
  AddDevice: (values) => ({ devices: values.map((value) => composeWord(value.replace(/^-/u, ""))) }),
  AddHost: list("extra_hosts"),
  Annotation: map("annotations"),
  AppArmor: security("apparmor="),
  AutoUpdate: (values) => ({ labels: { "io.containers.autoupdate": composeWord(values.at(-1) ?? "") } }),
  CgroupsMode: lost(toSystemd),
  ContainerName: last("container_name"),
  ContainersConfModule: lost(toPodman),
  DNS: list("dns"),
  DNSOption: list("dns_opt"),
  DNSSearch: list("dns_search"),
  DropCapability: (values) => ({ cap_drop: values.map((value) => (value.toLowerCase() === "all" ? "ALL" : value)) }),
  Entrypoint: (values) => ({ entrypoint: entrypoint(composeWord(values.at(-1) ?? "")) }),
  Environment: map("environment"),
  EnvironmentFile: "elsewhere",
  EnvironmentHost: lost("a Compose file names each variable; `NAME:` without a value takes it from the environment"),
  Exec: list("command"),
  ExposeHostPort: list("expose"),
  GIDMap: list("x-podman.gidmaps"),
  GlobalArgs: lost(toPodman),
  Group: "elsewhere",
  GroupAdd: list("group_add"),
  HealthCmd: health("test"),
  HealthInterval: health("interval"),
  HealthLogDestination: lost(toPodman),
  HealthMaxLogCount: lost(toPodman),
  HealthMaxLogSize: lost(toPodman),
  HealthOnFailure: lost("a failing health check has no consequence there"),
  HealthRetries: health("retries"),
  HealthStartPeriod: health("start_period"),
  HealthStartupCmd: lost(startup),
  HealthStartupInterval: lost(startup),
  HealthStartupRetries: lost(startup),
  HealthStartupSuccess: lost(startup),
  HealthStartupTimeout: lost(startup),
  HealthTimeout: health("timeout"),
  HostName: last("hostname"),
  HttpProxy: lost(toPodman),
  IP: "elsewhere",
  IP6: "elsewhere",
  Image: "elsewhere",
  ImageVolume: lost(toPodman),
  Label: map("labels"),
  LogDriver: (values) => ({ logging: { driver: composeWord(values.at(-1) ?? "") } }),
  LogOpt: (values) => ({ logging: { options: composeMap(values.map(composeWord)) } }),
  Mask: security("mask="),
  Memory: last("mem_limit"),
  Mount: "elsewhere",
  Network: "elsewhere",
  NetworkAlias: "elsewhere",
  NoNewPrivileges: securityFlag("no-new-privileges:true"),
  Notify: "elsewhere",
  PidsLimit: (values) => ({ pids_limit: Number(values.at(-1)) }),
  Pod: "elsewhere",
  PodmanArgs: "elsewhere",
  PublishPort: list("ports"),
  Pull: (values) => ({ pull_policy: values.at(-1) === "newer" ? "always" : composeWord(values.at(-1) ?? "") }),
  ReadOnly: flag("read_only"),
  ReadOnlyTmpfs: lost("podman's default counts there: a read-only container has /tmp, /run and /dev/shm in memory"),
  ReloadCmd: lost(toSystemd),
  ReloadSignal: lost(toSystemd),
  RemapGid: lost(toPodman),
  RemapUid: lost(toPodman),
  RemapUidSize: lost(toPodman),
  RemapUsers: lost("it is deprecated; write UserNS="),
  Retry: lost(toPodman),
  RetryDelay: lost(toPodman),
  Rootfs: last("x-podman.rootfs"),
  RunInit: flag("init"),
  SeccompProfile: security("seccomp="),
  Secret: "elsewhere",
  SecurityLabelDisable: securityFlag("label=disable"),
  SecurityLabelFileType: security("label=filetype:"),
  SecurityLabelLevel: security("label=level:"),
  SecurityLabelNested: securityFlag("label=nested"),
  SecurityLabelType: security("label=type:"),
  ServiceName: lost(toSystemd),
  ShmSize: last("shm_size"),
  StartWithPod: lost(toSystemd),
  StopSignal: last("stop_signal"),
  StopTimeout: (values) => ({ stop_grace_period: seconds(composeWord(values.at(-1) ?? "")) }),
  SubGIDMap: lost(toPodman),
  SubUIDMap: lost(toPodman),
  Sysctl: map("sysctls"),
  Timezone: lost("set TZ= in the environment instead"),
  Tmpfs: list("tmpfs"),
  UIDMap: list("x-podman.uidmaps"),
  Ulimit: (values) => ({ ulimits: Object.fromEntries(values.map((value) => ulimit(composeWord(value)))) }),
  Unmask: security("unmask="),
  User: "elsewhere",
  UserNS: last("userns_mode"),
  VolatileTmp: (values): Fields => (isYes(values.at(-1)) ? { tmpfs: ["/tmp:rw,size=512M,mode=1777"] } : {}),
  Volume: "elsewhere",
  WorkingDir: last("working_dir"),
} as const satisfies Record<keyof typeof containerKeys, Row>;

function healthField(field: string, value: string): ComposeData {
  if (field === "retries") return Number(value);
  if (field !== "test") return seconds(value);
  if (value === "none") return ["NONE"];
  const words = jsonWords(value);
  if (words === undefined) return ["CMD-SHELL", value];
  if (words[0] === "CMD-SHELL" || words[0] === "NONE") return words;
  const command = words[0] === "CMD" ? words.slice(1) : words;
  // podman-compose 1.3 runs either kind with sh, and quotes the words of CMD wrongly where they need it.
  return command.every((word) => /^[\w@%+=:,./-]+$/u.test(word)) ? ["CMD", ...command] : ["CMD-SHELL", command.map(shellWord).join(" ")];
}

function shellWord(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** A bare number is seconds for Podman, and for Compose no duration. */
function seconds(value: string): string {
  return /^\d+$/u.test(value) ? `${value}s` : value;
}

function entrypoint(value: string): ComposeData {
  return jsonWords(value) ?? [value];
}

function ulimit(value: string): readonly [string, ComposeData] {
  const [name = "", limits = ""] = value.split("=");
  const [soft, hard] = limits.split(":");
  return [name, hard === undefined ? Number(soft) : { soft: Number(soft), hard: Number(hard) }];
}
