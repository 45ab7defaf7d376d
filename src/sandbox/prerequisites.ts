import { access, constants } from "node:fs/promises";
import { PhoenixError } from "../domain/errors.ts";
import { command } from "./command.ts";
import type { Progress } from "./progress.ts";

/** What the sandbox runs on the host, and the Debian package that brings it. */
const programs: Readonly<Record<string, string>> = {
  mmdebstrap: "mmdebstrap",
  "systemd-nspawn": "systemd-container",
  pasta: "passt",
  newuidmap: "uidmap",
  ip: "iproute2",
  nsenter: "util-linux",
  setpriv: "util-linux",
  unshare: "util-linux",
  flock: "util-linux",
};

/** Makes sure that everything the sandbox calls is there. As root on a Debian host missing packages are installed, and the command is said first. */
export async function ensurePrerequisites(progress: Progress): Promise<void> {
  if (process.platform !== "linux")
    throw new PhoenixError("sandbox-unsupported", "The sandbox is a Linux machine; this host is not Linux.");
  const missing = await missingPackages();
  const install = ["apt-get", "install", "-y", "--no-install-recommends", ...missing] as const;
  if (process.getuid?.() !== 0) {
    const hint = missing.length === 0 ? "" : ` Missing here: run 'sudo ${install.join(" ")}' first.`;
    throw new PhoenixError("sandbox-unsupported", `The sandbox mounts and boots a system, so it must be started by root.${hint}`);
  }
  if (missing.length === 0) return;
  if (!(await isProgram("apt-get"))) {
    throw new PhoenixError("sandbox-unsupported", `This host has no apt-get; install yourself: ${missing.join(", ")}.`);
  }
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  progress("Running: apt-get update");
  // A broken third-party source must not stop us: what matters is whether the install works.
  await command(["apt-get", "update", "-q"], { timeoutMs: 300_000, env }).catch((error: unknown) => progress(`${String(error)}, ignoring`));
  progress(`Running: ${install.join(" ")}`);
  await command([...install], { timeoutMs: 600_000, env });
}

async function missingPackages(): Promise<readonly string[]> {
  const wanted = new Set<string>();
  for (const [program, name] of Object.entries(programs)) if (!(await isProgram(program))) wanted.add(name);
  return [...wanted];
}

async function isProgram(name: string): Promise<boolean> {
  for (const directory of ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]) {
    try {
      await access(`${directory}/${name}`, constants.X_OK);
      return true;
    } catch {
      // Look in the next directory.
    }
  }
  return false;
}
