import { PhoenixError } from "../domain/errors.ts";
import type { GenerationUnit } from "../domain/generation.ts";
import type { ProbeRoute } from "../domain/policy.ts";
import { showDuration } from "../domain/time.ts";
import type { Ms } from "../domain/words.ts";
import type { Change } from "../plan/change.ts";
import type { Ports } from "../ports/ports.ts";
import { lookupAll } from "../quadlet/document.ts";
import { parseExecStart } from "../quadlet/expected.ts";
import { parseDocument } from "../quadlet/parse.ts";

export type RehearseOptions = {
  readonly changes: readonly Change[];
  /** Generated service texts by service name. */
  readonly generated: ReadonlyMap<string, string>;
  readonly progress: (line: string) => void;
  readonly interrupted: AbortSignal;
};

type RehearsePorts = Pick<Ports, "containers" | "prober" | "clock">;

/**
 * Starts every changed service beside the live one, asks its start-up probe, and removes it: a bad image then costs no outage at all.
 * Returns why the change is refused, or undefined.
 */
export async function rehearseChanges(options: RehearseOptions, ports: RehearsePorts): Promise<string | undefined> {
  for (const change of options.changes) {
    if (change.action !== "restart" || change.kind !== "change" || !canRehearse(change.unit)) continue;
    const failure = await rehearse(change.unit, options, ports);
    if (failure !== undefined) return `${change.service} failed its rehearsal: ${failure}`;
  }
  return undefined;
}

/**
 * Whether a second copy can run without harm. `auto` asks for a probe that proves something, a published port (somebody would notice the
 * outage), no data that two copies would write, and a bridge network, where a copy without ports and alias disturbs nobody.
 */
export function canRehearse(unit: GenerationUnit): boolean {
  const { policy, route } = unit;
  if (unit.type !== "container" || policy === undefined || policy.rehearse === "no" || policy.startup.kind === "unit") return false;
  if (route?.via !== "prober") return false;
  return policy.rehearse === "yes" || (unit.ports.length > 0 && !writesData(unit));
}

function writesData(unit: GenerationUnit): boolean {
  const { document } = parseDocument(unit.text, unit.file);
  if (document === undefined || unit.volumes.length > 0) return true;
  const mounts = lookupAll(document, "Container", "Mount").filter((mount) => !/(^|,)type=tmpfs(,|$)/.test(mount));
  const writable = (value: string): boolean => !/[:,](ro|readonly|ro=true|readonly=true)([,:]|$)/.test(value);
  return [...lookupAll(document, "Container", "Volume"), ...mounts].some(writable);
}

async function rehearse(unit: GenerationUnit, options: RehearseOptions, ports: RehearsePorts): Promise<string | undefined> {
  const text = options.generated.get(unit.service);
  if (text === undefined || unit.policy === undefined) return undefined;
  options.progress(`rehearsing ${unit.service} beside the live one`);
  let name: string;
  try {
    name = await ports.containers.rehearse(unit.service, parseExecStart(text));
  } catch (error) {
    // One that cannot even be started (no such entry point) has failed its rehearsal; the message is Podman's.
    if (error instanceof PhoenixError && error.code === "podman-failed") return error.message.replace(/\.$/, "");
    throw error;
  }
  try {
    const failure = await untilReady(unit, name, options, ports);
    if (failure !== undefined)
      for (const line of await ports.containers.lastWords({ container: name })) options.progress(`${unit.service} said: ${line}`);
    return failure;
  } finally {
    await ports.containers.remove(name);
  }
}

async function untilReady(unit: GenerationUnit, name: string, options: RehearseOptions, ports: RehearsePorts): Promise<string | undefined> {
  const { policy, route } = unit;
  if (policy === undefined) return undefined;
  const startedMs = ports.clock.monotonic();
  const copy: ProbeRoute =
    policy.startup.kind === "exec" || policy.startup.kind === "podman"
      ? { via: "container", container: name }
      : route?.via === "prober"
        ? { ...route, name }
        : { via: "systemd" };
  let gapMs: Ms = 100;
  let detail = "not asked yet";
  while (ports.clock.monotonic() - startedMs < policy.startupDeadlineMs) {
    if (options.interrupted.aborted)
      throw new PhoenixError("interrupted", "The deploy was interrupted during a rehearsal; nothing was touched.");
    const code = await ports.containers.exitCode(name);
    if (code !== undefined) return `it exited with code ${code}`;
    const result = await ports.prober.probe({ probe: policy.startup, route: copy, service: unit.service, timeoutMs: policy.timeoutMs });
    if (result.outcome === "success") return undefined;
    detail = result.detail;
    await ports.clock.sleep(gapMs, options.interrupted);
    gapMs = Math.min(gapMs * 2, policy.periodMs, 1000);
  }
  return `not ready within ${showDuration(policy.startupDeadlineMs)}: ${detail}`;
}
