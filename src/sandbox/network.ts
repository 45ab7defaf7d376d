import { rm } from "node:fs/promises";
import { createServer } from "node:net";
import { PhoenixError } from "../domain/errors.ts";
import { command, succeeds } from "./command.ts";
import type { SandboxLayout } from "./layout.ts";
import { isAlive, markOf, type ProcessMark, pollUntil, signal } from "./process.ts";
import { readPid } from "./state.ts";

/** A port of the sandbox as the host reaches it, on 127.0.0.1. They differ when the host's own port was taken. */
export type ForwardedPort = { readonly inside: number; readonly host: number };

const ownPortsTried = 100;

/** Finds a free host port for every port of the sandbox: the same number if possible, else the next free one. */
export async function choosePorts(inside: readonly number[]): Promise<readonly ForwardedPort[]> {
  const chosen: ForwardedPort[] = [];
  const reserved = new Set(inside);
  for (const port of new Set(inside)) {
    if (await isFree(port)) {
      chosen.push({ inside: port, host: port });
      continue;
    }
    for (let other = port + 1; other < Math.min(port + ownPortsTried, 65_536); other += 1) {
      if (reserved.has(other) || !(await isFree(other))) continue;
      reserved.add(other);
      chosen.push({ inside: port, host: other });
      break;
    }
  }
  return chosen;
}

/**
 * Makes the network namespace and gives it an uplink, before the sandbox boots: rootless networks that start without one fail for
 * good. `-T none -U none` keeps the host's own listeners out of the sandbox.
 */
export async function startNetwork(layout: SandboxLayout, ports: readonly ForwardedPort[]): Promise<ProcessMark> {
  await stopNetwork(layout, undefined);
  await command(["ip", "netns", "add", layout.networkName], { timeoutMs: 10_000 });
  const pidPath = `${layout.runtimePath}/pasta.pid`;
  await rm(pidPath, { force: true });
  const forwards = ports.length === 0 ? ["-t", "none"] : ports.flatMap(({ host, inside }) => ["-t", `127.0.0.1/${host}:${inside}`]);
  await command(
    [
      "pasta",
      "--quiet",
      "--config-net",
      "--netns-only",
      "--runas",
      "0",
      ...forwards,
      "-u",
      "none",
      "-T",
      "none",
      "-U",
      "none",
      "-P",
      pidPath,
      "--netns",
      layout.networkPath,
    ],
    { timeoutMs: 15_000 },
  );
  const mark = await pollUntil(async () => {
    const pid = await readPid(pidPath);
    return pid === undefined ? undefined : await markOf(pid);
  }, 5_000);
  if (mark === undefined) throw new PhoenixError("sandbox-failed", "pasta ended right after its start: the sandbox has no network.");
  return mark;
}

/** Takes the namespace and its uplink away again; nothing there is fine. */
export async function stopNetwork(layout: SandboxLayout, pasta: ProcessMark | undefined): Promise<void> {
  if (await signal(pasta, "SIGTERM")) {
    // Its ports are free only when it is gone; the next start may want the same ones.
    const ended = await pollUntil(async () => ((await isAlive(pasta)) ? undefined : true), 3_000, 10);
    if (ended === undefined) await signal(pasta, "SIGKILL");
  }
  await succeeds(["ip", "netns", "delete", layout.networkName], 10_000);
  // After a reboot of a host whose /run is no tmpfs, the name is left behind as an empty file.
  await rm(layout.networkPath, { force: true }).catch(() => {});
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ host: "127.0.0.1", port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
