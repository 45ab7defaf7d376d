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

    create: async (name, { driver, options, labels: wanted }) => {
      // Podman adds what it read out of `o=` in capitals.
      const given = Object.entries(options).filter(([key]) => driver !== "local" || key !== key.toUpperCase());
      await podman.run(`create the volume ${name}`, [
        ...["volume", "create", `--driver=${driver}`],
        ...given.map(([key, value]) => `--opt=${key}=${value}`),
        ...Object.entries(wanted).map(([key, value]) => `--label=${key}=${value}`),
        ...["--", name],
      ]);
    },

    load: async (name, { path }, root, signal) => {
      const more = { timeoutMs: dataMs, code: "import-failed", ...(signal === undefined ? {} : { signal }) } as const;
      await podman.run(`import into the volume ${name}`, ["volume", "import", name, path], more);
      if (root === undefined) return;
      const format = "--format={{.Mountpoint}}";
      const folder = (await podman.run(`look at the volume ${name}`, ["volume", "inspect", format, "--", name])).trim();
      if (!folder.startsWith("/")) throw new PhoenixError("import-failed", `Cannot give ${name} its owner back: it has no folder.`);
      // In this order: a change of owner takes the set-id bits away.
      const script = 'chown -- "$1" "$3" && chmod -- "$2" "$3"';
      const args = ["unshare", "sh", "-c", script, "sh", `${root.uid}:${root.gid}`, root.mode.toString(8).padStart(4, "0"), folder];
      await podman.run(`give the volume ${name} its owner back`, args, { code: "import-failed" });
    },
  };
}
