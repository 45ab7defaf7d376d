import { access, constants } from "node:fs/promises";
import { PhoenixError } from "../domain/errors.ts";
import { command } from "./command.ts";
import { defaultCachePath } from "./layout.ts";
import { withLock } from "./lock.ts";
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

const installTimeoutMs = 600_000;

/**
 * Makes sure that everything the sandbox calls is there. As root on a Debian host missing packages are installed, and the command is said
 * first. One at a time: two test files that met on a fresh machine ended each other's apt-get.
 */
export async function ensurePrerequisites(progress: Progress): Promise<void> {
  if (process.platform !== "linux")
    throw new PhoenixError("sandbox-unsupported", "The sandbox is a Linux machine; this host is not Linux.");
  const missing = await missingPackages();
  if (process.getuid?.() !== 0) {
    const hint = missing.length === 0 ? "" : ` Missing here: run 'sudo ${installCommand(missing).join(" ")}' first.`;
    throw new PhoenixError("sandbox-unsupported", `The sandbox mounts and boots a system, so it must be started by root.${hint}`);
  }
  if (missing.length > 0) await withLock(`${defaultCachePath}/.packages.lock`, installTimeoutMs, () => install(progress));
}

async function install(progress: Progress): Promise<void> {
  // Whoever held the lock before may have done it.
  const missing = await missingPackages();
  if (missing.length === 0) return;
  if (!(await isProgram("apt-get"))) {
    throw new PhoenixError("sandbox-unsupported", `This host has no apt-get; install yourself: ${missing.join(", ")}.`);
  }
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  progress("Running: apt-get update");
  // A broken third-party source must not stop us: what matters is whether the install works.
  await command(["apt-get", "update", "-q"], { timeoutMs: 300_000, env }).catch((error: unknown) => progress(`${String(error)}, ignoring`));
  const argv = installCommand(missing);
  progress(`Running: ${argv.join(" ")}`);
  await command(argv, { timeoutMs: installTimeoutMs, env });
}

/** Waits for whoever else installs just now, as a fresh machine's unattended upgrades do. */
function installCommand(packages: readonly string[]): readonly [string, ...string[]] {
  return ["apt-get", "install", "-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300", ...packages];
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
