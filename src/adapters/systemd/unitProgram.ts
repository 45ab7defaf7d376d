import { join } from "node:path";
import type { Ms, ServiceName } from "../../domain/words.ts";
import { withScratch } from "../files/scratchFolder.ts";
import { followFile } from "../host/followFile.ts";
import type { ProgramResult } from "../host/program.ts";
import type { TransientEnd, TransientWork } from "./transient.ts";

export type UnitProgramOptions = {
  readonly name: ServiceName;
  readonly description: string;
  readonly argv: readonly [string, ...string[]];
  readonly cwd: string;
  readonly timeoutMs: Ms;
  /** Told every line of both streams as it comes. */
  readonly progress: (line: string) => void;
  /** Aborting stops it. */
  readonly interrupted: AbortSignal;
};

/** Runs a program as a unit of its own, in the user manager's environment. */
export type RunAsUnit = (options: UnitProgramOptions) => Promise<ProgramResult>;

const tailLines = 100;

/**
 * Long work (a build) as a transient unit, told as if it were a child of ours. It outlives us: whoever is killed while it works finds
 * the layers that it made meanwhile in Podman's cache. Its output goes through a file, since a pipe would end it together with its reader.
 */
export function unitProgram(runtimePath: string, transient: (work: TransientWork) => Promise<TransientEnd>): RunAsUnit {
  return async ({ name, description, argv, cwd, timeoutMs, progress, interrupted }) =>
    await withScratch(runtimePath, async (folder) => {
      const outputPath = join(folder, "output");
      const tail: string[] = [];
      const over = new AbortController();
      const told = followFile(
        outputPath,
        (line) => {
          tail.push(line);
          if (tail.length > tailLines) tail.shift();
          progress(line);
        },
        over.signal,
      );
      // One that fails while the unit still runs has nobody waiting for it yet.
      told.catch(() => {});
      try {
        const work = { name, description, argv, workingFolderPath: cwd, outputPath, timeoutMs, signal: interrupted };
        const { exitCode, result } = await transient(work);
        over.abort();
        await told;
        const text = tail.join("\n");
        const end = interrupted.aborted ? "aborted" : (endings[result] ?? (exitCode === undefined ? "not started" : "exited"));
        return { exitCode, stdout: text, stderr: text, end };
      } finally {
        over.abort();
      }
    });
}

/** systemd's results that are no exit of the program's own. */
const endings: Readonly<Record<string, ProgramResult["end"]>> = { timeout: "deadline" };
