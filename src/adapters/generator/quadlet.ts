import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { PhoenixError } from "../../domain/errors.ts";
import { showDuration } from "../../domain/time.ts";
import type { GeneratedUnit, Generator } from "../../ports/machine.ts";
import { withScratch, writeFiles } from "../files/scratchFolder.ts";
import { findQuadletFiles, foreignPaths } from "../host/foreignUnits.ts";
import { cleanEnvironment, type ProgramResult, runProgram } from "../host/program.ts";
import { locateGenerator, requireVersion } from "./locate.ts";
import { splitFindings } from "./verify.ts";

export type GeneratorOptions = {
  /** The user manager's own environment, which its generators get too. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly homePath: string;
  /** `$XDG_RUNTIME_DIR/phoenix`. */
  readonly runtimePath: string;
  /** Another generator than the user manager's own: for tests. */
  readonly generatorPath?: string;
};

const timeoutMs = 60_000;

/** Podman's Quadlet generator and systemd-analyze, on folders of their own: the live ones are neither read nor written. */
export function quadletGenerator(options: GeneratorOptions): Generator {
  const environment = { ...cleanEnvironment(options.environment), LC_ALL: "C.UTF-8", SYSTEMD_COLORS: "0", SYSTEMD_LOG_LEVEL: "info" };

  const run = async (argv: readonly [string, ...string[]], more: Readonly<Record<string, string>> = {}): Promise<ProgramResult> => {
    const result = await runProgram({ argv, environment: { ...environment, ...more }, timeoutMs });
    if (result.end === "exited") return result;
    const why =
      result.end === "deadline"
        ? `it did not end within ${showDuration(timeoutMs)}`
        : result.end === "not found"
          ? "it is not installed"
          : result.end;
    throw new PhoenixError("preflight-failed", `Cannot run ${argv[0]}: ${why}.`);
  };

  let known: Promise<{ readonly path: string; readonly version: string }> | undefined;
  const generator = (): Promise<{ readonly path: string; readonly version: string }> => {
    known ??= (async () => {
      const path = options.generatorPath ?? (await locateGenerator());
      const version = (await run([path, "-version"])).stdout.trim();
      if (!/^\d+\.\d+/u.test(version))
        throw new PhoenixError("preflight-failed", `Cannot tell the version of ${path}: it printed no number.`);
      requireVersion(version, path);
      return { path, version };
    })();
    // A failure is not remembered: Podman may be installed or updated while the agent runs.
    known.catch(() => {
      known = undefined;
    });
    return known;
  };

  return {
    version: async () => (await generator()).version,

    generate: async (files) => {
      const { path } = await generator();
      return await withScratch(options.runtimePath, async (stagePath) => {
        const [unitsPath, outPath] = [join(stagePath, "units"), join(stagePath, "out")];
        await writeFiles(unitsPath, files);
        await mkdir(outPath, { mode: 0o700 });
        const result = await run([path, "-user", "-no-kmsg-log", outPath], { QUADLET_UNIT_DIRS: unitsPath });
        // Its exit code tells less than its words: a dropped line is a warning and exit code 0.
        const messages = linesOf(result.stderr).map((line) => cleanMessage(line, unitsPath));
        if (result.exitCode !== 0 && messages.length === 0) messages.push(`the generator ended with ${endOf(result)} and said nothing`);
        return { units: await readUnits(outPath), messages };
      });
    },

    atBoot: async () => {
      const { path } = await generator();
      return await withScratch(options.runtimePath, async (stagePath) => {
        const outPath = join(stagePath, "out");
        await mkdir(outPath, { mode: 0o700 });
        const [files, result] = await Promise.all([
          findQuadletFiles(foreignPaths(options.environment, options.homePath)),
          run([path, "-user", "-no-kmsg-log", outPath]),
        ]);
        return { files, units: await readUnits(outPath), messages: linesOf(result.stderr).map((line) => cleanMessage(line, outPath)) };
      });
    },

    verify: async (units) => {
      if (units.length === 0) return { messages: [], foreign: [] };
      return await withScratch(options.runtimePath, async (stagePath) => {
        const outPath = join(stagePath, "out");
        await writeFiles(
          outPath,
          units.map(({ service, text }) => [service, text] as const),
        );
        const paths = units.map(({ service }) => join(outPath, service));
        // The colon keeps systemd's own folders in the path; without it the targets that every unit needs are missing.
        const result = await run(["systemd-analyze", "--user", "--man=no", "verify", "--", ...paths], { SYSTEMD_UNIT_PATH: `${outPath}:` });
        const lines = linesOf(`${result.stderr}\n${result.stdout}`).map((line) => line.replaceAll(`${outPath}/`, ""));
        const found = splitFindings(lines, units);
        if (result.exitCode === 0 || lines.length > 0) return found;
        return { ...found, messages: [`systemd-analyze verify ended with ${endOf(result)} and said nothing`] };
      });
    },
  };
}

async function readUnits(outPath: string): Promise<readonly GeneratedUnit[]> {
  const services = (await readdir(outPath, { withFileTypes: true })).filter((entry) => entry.isFile() && entry.name.endsWith(".service"));
  const names = services.map((entry) => entry.name).sort();
  return await Promise.all(names.map(async (service) => ({ service, text: await readFile(join(outPath, service), "utf8") })));
}

function linesOf(text: string): string[] {
  return text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [line.trim()]));
}

/** `quadlet-generator[1]: converting "web.container": …` without the program and the staging folder, which tell a person nothing. */
function cleanMessage(line: string, unitsPath: string): string {
  return line.replace(/^quadlet-generator\[\d+\]: /u, "").replaceAll(`${unitsPath}/`, "");
}

function endOf(result: ProgramResult): string {
  return result.exitCode === undefined ? "a signal" : `exit code ${result.exitCode}`;
}
