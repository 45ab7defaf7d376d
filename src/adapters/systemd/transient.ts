import { Variant } from "dbus-next";
import { PhoenixError } from "../../domain/errors.ts";
import type { Ms, ServiceName } from "../../domain/words.ts";
import type { Bus } from "./bus.ts";
import { names, refusalOf } from "./failure.ts";
import { trackJobs } from "./jobs.ts";
import { callManager, getAllProperties } from "./manager.ts";
import { listenToManager } from "./signals.ts";

export type TransientWork = {
  /** e.g. `phoenix-build-web.service`. What runs under that name already is stopped first. */
  readonly name: ServiceName;
  readonly description: string;
  readonly argv: readonly [string, ...string[]];
  /** Added to the user manager's own environment. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingFolderPath?: string;
  /** Both outputs are appended here; else they go to the journal. */
  readonly outputPath?: string;
  /** Enforced by systemd, also when we are gone. */
  readonly timeoutMs: Ms;
  /** Aborting stops the unit. */
  readonly signal?: AbortSignal;
};

/** `exitCode` follows the shell's habit for signals (128 + number); undefined when nothing was started. `result` is systemd's word. */
export type TransientEnd = { readonly exitCode: number | undefined; readonly result: string };

const pollMs: Ms = 1_000;
const stopTimeoutMs: Ms = 30_000;
const exited = 1;

/**
 * Runs a program as a unit of its own: it survives us, is not confined by our unit's settings, and inherits nothing from us. We hold a
 * reference, so that its exit code outlives it; when we die the reference goes, and systemd sweeps the unit up.
 */
export function transientRunner(bus: Bus): (work: TransientWork) => Promise<TransientEnd> {
  const signals = listenToManager(bus);
  const jobs = trackJobs(bus, signals);

  const start = (work: TransientWork) => callManager(bus, "StartTransientUnit", [work.name, "fail", propertiesOf(work), []]);

  return async (work) => {
    await signals.ready();
    const wake = { now: (): void => {} };
    const stopListening = signals.on((event) => {
      if (event.kind === "anew" || ("service" in event && event.service === work.name)) wake.now();
    });
    const stop = (): void => void jobs.run("stop", work.name, stopTimeoutMs).catch(() => undefined);
    try {
      work.signal?.throwIfAborted();
      await start(work).catch(async (error: unknown) => {
        if (refusalOf(error) !== names.unitExists) throw error;
        // Left by a starter that died: its output has no reader any more.
        await jobs.run("stop", work.name, stopTimeoutMs);
        await callManager(bus, "ResetFailedUnit", [work.name]).catch(() => undefined);
        await start(work);
      });
      work.signal?.addEventListener("abort", stop, { once: true });
      return await ended(bus, work.name, wake);
    } finally {
      work.signal?.removeEventListener("abort", stop);
      stopListening();
      await callManager(bus, "UnrefUnit", [work.name]).catch(() => undefined);
    }
  };
}

async function ended(bus: Bus, name: ServiceName, wake: { now: () => void }): Promise<TransientEnd> {
  for (;;) {
    let timer: NodeJS.Timeout | undefined;
    const changed = new Promise<void>((resolve) => {
      wake.now = resolve;
      timer = setTimeout(resolve, pollMs);
    });
    try {
      const path = `/org/freedesktop/systemd1/unit/${escapePath(name)}`;
      const properties = await getAllProperties(bus, path, "");
      const { ActiveState: state, Job: job, LoadState: loaded, ExecMainCode: code, ExecMainStatus: status, Result: result } = properties;
      if (loaded === "not-found") throw new PhoenixError("bus-lost", `${name} ended while nobody could see how.`);
      const queued = Array.isArray(job) && job[0] !== 0;
      if (!queued && (state === "inactive" || state === "failed")) {
        const exitCode = code === 0 ? undefined : Number(status) + (code === exited ? 0 : 128);
        return { exitCode, result: String(result) };
      }
      await changed;
    } finally {
      clearTimeout(timer);
    }
  }
}

function propertiesOf(work: TransientWork): readonly (readonly [string, Variant])[] {
  const program = work.argv[0].startsWith("/") ? work.argv : (["/usr/bin/env", ...work.argv] as const);
  const environment = Object.entries(work.environment ?? {}).map(([key, value]) => `${key}=${value}`);
  return [
    ["Description", new Variant("s", work.description)],
    ["Type", new Variant("s", "exec")],
    // Else `$` in an argument would be looked up in the environment.
    ["ExecStartEx", new Variant("a(sasas)", [[program[0], [...program], ["no-env-expand"]]])],
    ["Environment", new Variant("as", environment)],
    ["RuntimeMaxUSec", new Variant("t", BigInt(Math.round(work.timeoutMs)) * 1000n)],
    ["CollectMode", new Variant("s", "inactive-or-failed")],
    ["AddRef", new Variant("b", true)],
    ...(work.workingFolderPath === undefined ? [] : [["WorkingDirectory", new Variant("s", work.workingFolderPath)] as const]),
    ...(work.outputPath === undefined ? [] : [["StandardOutputFileToAppend", new Variant("s", work.outputPath)] as const]),
    ...(work.outputPath === undefined ? [] : [["StandardError", new Variant("s", "inherit")] as const]),
  ];
}

/** systemd's escaping of names in object paths. */
function escapePath(name: string): string {
  const bytes = [...Buffer.from(name)];
  return bytes
    .map((byte) => (/[A-Za-z0-9]/.test(String.fromCharCode(byte)) ? String.fromCharCode(byte) : `_${byte.toString(16).padStart(2, "0")}`))
    .join("");
}
