import { readFile, rename, writeFile } from "node:fs/promises";
import type { SandboxLayout } from "./layout.ts";
import type { ForwardedPort } from "./network.ts";
import type { ProcessMark } from "./process.ts";

/** What one run of a sandbox must remember to be found, entered and ended by another process. */
export type RunState = {
  readonly supervisor: ProcessMark;
  readonly pasta: ProcessMark;
  readonly ports: readonly ForwardedPort[];
  readonly bindReadOnly: readonly BindReadOnly[];
};

/** A directory of the host that the sandbox sees and cannot change. */
export type BindReadOnly = { readonly hostPath: string; readonly path: string };

export async function readState(layout: SandboxLayout): Promise<RunState | undefined> {
  try {
    return JSON.parse(await readFile(layout.statePath, "utf8")) as RunState;
  } catch {
    // Missing or half-written: either way nothing that could be entered.
    return undefined;
  }
}

export async function writeState(layout: SandboxLayout, state: RunState): Promise<void> {
  const temporary = `${layout.statePath}.new`;
  await writeFile(temporary, JSON.stringify(state, undefined, 2));
  await rename(temporary, layout.statePath);
}

export async function readPid(path: string): Promise<number | undefined> {
  const text = await readFile(path, "utf8").catch(() => "");
  const pid = Number.parseInt(text, 10);
  return Number.isInteger(pid) && pid > 1 ? pid : undefined;
}
