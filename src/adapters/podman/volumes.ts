import * as z from "zod";
import { PhoenixError } from "../../domain/errors.ts";
import type { Ms } from "../../domain/words.ts";
import type { Volumes } from "../../ports/volumes.ts";
import { withArchive } from "../files/archive.ts";
import { withNewFile } from "../files/newFile.ts";
import { rootHeader } from "../files/tarHeader.ts";
import { labels, list, type Podman } from "./run.ts";

const listed = z.object({ Name: z.string(), Mountpoint: z.string() });
const user = z.object({ Names: list(z.string()), Id: z.string(), State: z.string(), Labels: labels });

/** Bounds a podman that hangs, not a large volume. */
const dataMs: Ms = 2 * 3_600_000;
const measureMs: Ms = 60_000;

/** The data of volumes, by Podman's own export and import; what those leave out (the top folder's owner and mode) is added here. */
export function podmanVolumes(podman: Podman): Volumes {
  return {
    sizes: async () => {
      const rows = await podman.json("list volumes", ["volume", "ls", "--format=json"], list(listed));
      const names = new Map(rows.map((row) => [row.Mountpoint, row.Name]));
      if (rows.length === 0) return new Map();
      const args = ["unshare", "du", "--summarize", "--one-file-system", "--block-size=1", "--", ...names.keys()];
      // Files that go while they are counted make its exit code 1; the numbers are printed all the same.
      const { stdout } = await podman.ask("measure the volumes", args, { timeoutMs: measureMs });
      return new Map(
        stdout.split("\n").flatMap((line) => {
          const [, bytes, path = ""] = /^(\d+)\t(.*)$/u.exec(line) ?? [];
          const name = names.get(path);
          return name === undefined ? [] : [[name, Number(bytes)] as const];
        }),
      );
    },

    users: async (name) => {
      const args = ["ps", "--all", "--format=json", `--filter=volume=${name}`];
      return (await podman.json(`list the users of ${name}`, args, list(user))).map((found) => {
        const service = found.Labels["PODMAN_SYSTEMD_UNIT"];
        const isRunning = !["exited", "created", "configured", "initialized", "dead"].includes(found.State);
        return { container: found.Names[0] ?? found.Id, isRunning, ...(service === undefined ? {} : { service }) };
      });
    },

    save: async ({ name, root }, path, { overwrite, signal }) => {
      await withNewFile(path, overwrite, async (into) => {
        if (root !== undefined) into.write(rootHeader(root));
        const more = { timeoutMs: dataMs, code: "export-failed", into, signal } as const;
        await podman.run(`export the volume ${name}`, ["volume", "export", name], more);
      });
    },

    open: withArchive,

    unpack: async (name, { path }, { labels: wanted, root, signal }) => {
      const label = Object.entries(wanted).map(([key, value]) => `--label=${key}=${value}`);
      await podman.run(`create the volume ${name}`, ["volume", "create", ...label, "--", name]);
      await podman.run(`import into the volume ${name}`, ["volume", "import", name, path], {
        timeoutMs: dataMs,
        code: "import-failed",
        signal,
      });
      if (root === undefined) return;
      const mode = root.mode.toString(8).padStart(4, "0");
      // In this order: a change of owner takes the set-id bits away.
      const script = 'chown -- "$1" "$3" && chmod -- "$2" "$3"';
      const args = ["unshare", "sh", "-c", script, "sh", `${root.uid}:${root.gid}`, mode, await folderOf(name)];
      await podman.run(`give the volume ${name} its owner back`, args, { code: "import-failed" });
    },

    exchange: async (name, other) => {
      const args = ["unshare", "sh", "-euc", exchangeScript, "sh", await folderOf(name), await folderOf(other)];
      await podman.run(`exchange the data of ${name} and ${other}`, args, { timeoutMs: dataMs, code: "import-failed" });
    },
  };

  async function folderOf(name: string): Promise<string> {
    const args = ["volume", "inspect", "--format={{.Mountpoint}}", "--", name];
    const folder = (await podman.run(`look at the volume ${name}`, args)).trim();
    if (folder.startsWith("/")) return folder;
    throw new PhoenixError("import-failed", `Cannot find the folder of the volume ${name}.`);
  }
}

/**
 * On the disk first: a loss of power must not find the new names on files that are still empty. `--exchange` (coreutils 9.5) is one
 * system call. Without it there is an instant in which the volume has no folder: then Podman starts nothing with it, and nothing is lost.
 */
const exchangeScript = `sync --file-system "$2"
if mv --help | grep -q -e --exchange; then exec mv --exchange --no-target-directory -- "$1" "$2"; fi
mv --no-target-directory -- "$2" "$1.new"
mv --no-target-directory -- "$1" "$2"
mv --no-target-directory -- "$1.new" "$1"`;
