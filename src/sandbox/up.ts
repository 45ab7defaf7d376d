import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { PhoenixError } from "../domain/errors.ts";
import { installAuthorities } from "./authorities.ts";
import { startSupervisor } from "./boot.ts";
import { command, lastLines } from "./command.ts";
import { clearRun } from "./down.ts";
import { defaultCachePath, defaultPorts, layoutOf, type SandboxLayout } from "./layout.ts";
import { withLock } from "./lock.ts";
import { choosePorts, type ForwardedPort, startNetwork } from "./network.ts";
import { ensurePrerequisites } from "./prerequisites.ts";
import { type Progress, silent } from "./progress.ts";
import { waitUntilReady } from "./ready.ts";
import { type Recipe, recipeOf } from "./recipe.ts";
import { cachedRootfs, exists } from "./rootfs.ts";
import { type BindReadOnly, writeState } from "./state.ts";
import { type SandboxStatus, sandboxStatus } from "./status.ts";

/** A cold start may build the root filesystem; another `up` waits for it. */
const lockTimeoutMs = 1_200_000;

export type SandboxUpOptions = {
  readonly name?: string;
  /** Ports inside that the host reaches on its loopback. */
  readonly ports?: readonly number[];
  readonly bindReadOnly?: readonly BindReadOnly[];
  /** Debian packages beyond those of the recipe. */
  readonly packages?: readonly string[];
  readonly cachePath?: string;
  /** What to do with a stopped machine that an older recipe made: keep its files (a person's), or make it anew (a test's). */
  readonly outdated?: "keep" | "replace";
  readonly onProgress?: Progress;
};

/** Boots the sandbox and waits until its user can work. Already running = says so, and changes nothing. */
export async function sandboxUp(options: SandboxUpOptions = {}): Promise<SandboxStatus> {
  const layout = layoutOf(options.name);
  const progress = options.onProgress ?? silent;
  await ensurePrerequisites(progress);
  return await withLock(layout.lockPath, lockTimeoutMs, async () => {
    const before = await sandboxStatus({ name: layout.name });
    if (before.state === "running" || before.state === "starting") {
      await waitUntilReady(layout);
      progress(`The sandbox '${layout.name}' is already running.`);
      if (!(await isCurrent(layout, recipeOf(options.packages)))) progress(renewal(layout));
      return await sandboxStatus({ name: layout.name });
    }
    if (before.state === "broken") progress("Clearing what an earlier run left behind.");
    // Also without a state file: a run that was killed before it could write one may have left processes.
    await clearRun(layout);
    await ensureInstance(layout, recipeOf(options.packages), options, progress);
    try {
      await boot(layout, options, progress);
      await waitUntilReady(layout);
    } catch (error) {
      const log = await readFile(layout.logPath, "utf8").catch(() => "");
      await clearRun(layout).catch(() => {});
      throw withLog(error, log);
    }
    const status = await sandboxStatus({ name: layout.name });
    progress(`The sandbox '${layout.name}' is up.${portSentence(status.ports)}`);
    return status;
  });
}

async function ensureInstance(layout: SandboxLayout, recipe: Recipe, options: SandboxUpOptions, progress: Progress): Promise<void> {
  await mkdir(layout.instancePath, { recursive: true });
  if (await exists(layout.rootPath)) {
    if (await isCurrent(layout, recipe)) return;
    if (options.outdated !== "replace") {
      progress(renewal(layout));
      return;
    }
    await rm(layout.rootPath, { recursive: true, force: true });
  }
  const cached = await cachedRootfs(recipe, options.cachePath ?? defaultCachePath, progress);
  progress(`Making the sandbox '${layout.name}': ${layout.rootPath}`);
  const temporary = `${layout.rootPath}.new`;
  await rm(temporary, { recursive: true, force: true });
  await command(["cp", "-a", "--reflink=auto", cached, temporary], { timeoutMs: 300_000 });
  await writeFile(layout.recipePath, `${recipe.key}\n`);
  await rename(temporary, layout.rootPath);
}

async function isCurrent(layout: SandboxLayout, recipe: Recipe): Promise<boolean> {
  return (await readFile(layout.recipePath, "utf8").catch(() => "")).trim() === recipe.key;
}

function renewal({ name }: SandboxLayout): string {
  return `The sandbox '${name}' was made from another recipe; \`phoenix sandbox down --delete\` and \`up\` renew it.`;
}

async function boot(layout: SandboxLayout, options: SandboxUpOptions, progress: Progress): Promise<void> {
  await mkdir(layout.runtimePath, { recursive: true });
  const wanted = options.ports ?? defaultPorts;
  const ports = await choosePorts(wanted);
  for (const inside of wanted) {
    const forwarded = ports.find((port) => port.inside === inside);
    if (forwarded === undefined) progress(`Port ${inside} of this host is taken and none near it is free: not reachable from outside.`);
    else if (forwarded.host !== inside) progress(`Port ${inside} of this host is taken: the sandbox's ${inside} is at ${forwarded.host}.`);
  }
  await installAuthorities(layout.rootPath);
  const pasta = await startNetwork(layout, ports);
  const binds = options.bindReadOnly ?? [];
  const supervisor = await startSupervisor(layout, binds);
  await writeState(layout, { supervisor, pasta, ports, bindReadOnly: binds });
}

function withLog(error: unknown, log: string): unknown {
  if (!(error instanceof PhoenixError) || log === "") return error;
  return new PhoenixError(error.code, `${error.message}\nThe boot log ends with:\n${lastLines(log)}`, {
    remedy: error.remedy,
    cause: error,
  });
}

function portSentence(ports: readonly ForwardedPort[]): string {
  if (ports.length === 0) return "";
  const shown = ports.map(({ inside, host }) => (inside === host ? String(host) : `${host} (its ${inside})`));
  return ` Its ports answer at 127.0.0.1: ${shown.join(", ")}.`;
}
