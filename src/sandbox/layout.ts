import { PhoenixError } from "../domain/errors.ts";

/** Where a named sandbox keeps what it needs. Nothing lies in the working tree, and nothing below /tmp. */
export type SandboxLayout = {
  readonly name: string;
  /** Survives `down`: the machine's own files. */
  readonly instancePath: string;
  readonly rootPath: string;
  readonly recipePath: string;
  readonly devicesPath: string;
  /** Belongs to one run: process ids, ports. */
  readonly runtimePath: string;
  readonly statePath: string;
  readonly logPath: string;
  readonly lockPath: string;
  readonly networkName: string;
  readonly networkPath: string;
  readonly cgroupName: string;
};

export const defaultName = "phoenix";
export const defaultPorts: readonly number[] = [8080, 3000, 8000];
export const defaultCachePath = "/var/cache/phoenix/sandbox";

const instancesPath = "/var/lib/phoenix/sandbox";
const runsPath = "/run/phoenix-sandbox";

/** The layout of a sandbox. The name becomes a host name, a network namespace and a control group, so it is checked here once. */
export function layoutOf(name: string = defaultName): SandboxLayout {
  if (!/^[a-z0-9][a-z0-9-]{0,31}$/.test(name)) {
    throw new PhoenixError("usage", `'${name}' cannot name a sandbox: use up to 32 lower-case letters, digits and dashes.`);
  }
  const instancePath = `${instancesPath}/${name}`;
  const runtimePath = `${runsPath}/${name}`;
  const label = `phoenix-sandbox-${name}`;
  return {
    name,
    instancePath,
    rootPath: `${instancePath}/root`,
    recipePath: `${instancePath}/recipe`,
    devicesPath: `${instancePath}/devices`,
    runtimePath,
    statePath: `${runtimePath}/state.json`,
    logPath: `${runtimePath}/boot.log`,
    lockPath: `${runsPath}/${name}.lock`,
    networkName: label,
    networkPath: `/run/netns/${label}`,
    cgroupName: label,
  };
}
