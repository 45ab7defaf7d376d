import { readFileSync } from "node:fs";

/**
 * `podman unshare` waits for us, and looks about itself ten times a second meanwhile: 0.2 % of a core, as much as all probes of twenty
 * services cost together. It is sent to sleep; the shell between us (phoenix-prober.service) wakes it when this process has ended,
 * and systemd does when it stops the unit. Without that shell nobody is sent to sleep.
 */
export function restParent(environment: NodeJS.ProcessEnv): void {
  const pid = Number(environment["PHOENIX_PROBER_PARENT"]);
  if (!Number.isSafeInteger(pid) || pid < 2 || nameOf(pid) !== "podman") return;
  try {
    process.kill(pid, "SIGSTOP");
  } catch {
    // It goes on waiting as it likes.
  }
}

function nameOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return "";
  }
}
