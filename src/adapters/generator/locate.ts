import { constants } from "node:fs";
import { access, realpath, stat } from "node:fs/promises";
import { join } from "node:path";
import { PhoenixError } from "../../domain/errors.ts";

/** Where systemd looks for a user's generators; the first folder that has the name decides. */
const generatorFolders = [
  "/run/systemd/user-generators",
  "/etc/systemd/user-generators",
  "/usr/local/lib/systemd/user-generators",
  "/usr/lib/systemd/user-generators",
];
const generatorName = "podman-user-generator";

/** The same program where a package forgot the link above: enough to validate with. */
const programs = [
  "/usr/libexec/podman/quadlet",
  "/usr/local/libexec/podman/quadlet",
  "/usr/lib/podman/quadlet",
  "/usr/local/lib/podman/quadlet",
];

/** The generator that the user manager runs, which need not be of the same version as the `podman` in PATH. */
export async function locateGenerator(): Promise<string> {
  const candidates = [...generatorFolders.map((folder) => join(folder, generatorName)), ...programs];
  for (const path of candidates) {
    const real = await realpath(path).catch(() => undefined);
    if (real === undefined) continue;
    if (real === "/dev/null") {
      throw new PhoenixError("podman-missing", `Cannot use Podman's generator: ${path} masks it.`, { remedy: `Remove ${path}.` });
    }
    if (!(await stat(real)).isFile()) continue;
    await access(path, constants.X_OK).catch((cause: unknown) => {
      throw new PhoenixError("podman-missing", `Cannot use Podman's generator: ${path} may not be executed.`, { cause });
    });
    return path;
  }
  throw new PhoenixError("podman-missing", `Cannot find Podman's generator: there is no ${generatorFolders.at(-1)}/${generatorName}.`);
}

/** Symbolic links to a stack's folder, `[Quadlet]` and the generator's own error exit: all of these work from here on. */
const oldest = [5, 3] as const;

/** Throws for a generator that is too old. */
export function requireVersion(version: string, path: string): void {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return;
  throw new PhoenixError(
    "podman-too-old",
    `Cannot work with Podman's generator ${version} (${path}): ${oldest.join(".")} is the oldest that works.`,
  );
}
