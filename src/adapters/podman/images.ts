import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { PhoenixError } from "../../domain/errors.ts";
import type { ImageFact } from "../../domain/observed.ts";
import type { Ms } from "../../domain/words.ts";
import type { Images } from "../../ports/machine.ts";
import { withScratch } from "../files/scratchFolder.ts";
import { lastLine } from "../host/lines.ts";
import { expandWords } from "./expand.ts";
import { labels, list, type Podman } from "./run.ts";

const image = z.object({
  Id: z.string().regex(/^[0-9a-f]{64}$/u),
  RepoTags: list(z.string()),
  RepoDigests: list(z.string()),
  Size: z.number(),
  Labels: labels,
  Healthcheck: z.object({ Test: list(z.string()) }).nullish(),
});

const listed = z.object({ Id: z.string(), Names: list(z.string()) });

export type ImagesOptions = {
  /** Private folder for temporary files. */
  readonly runtimePath: string;
  readonly pullTimeoutMs?: Ms;
  readonly buildTimeoutMs?: Ms;
};

const halfAnHourMs = 30 * 60_000;

/** Images in the user's own store. */
export function podmanImages(podman: Podman, options: ImagesOptions): Images {
  const inspect = async (reference: string): Promise<ImageFact> => {
    const args = ["image", "inspect", "--format=json", "--", reference];
    const [found] = await podman.json(`look at the image ${reference}`, args, z.tuple([image], z.unknown()));
    return factOf(found);
  };

  const find: Images["find"] = async (reference) => {
    try {
      return await inspect(reference);
    } catch (error) {
      // 1 = not there: the only answer of podman that tells "no such image" from "could not look".
      const { exitCode } = await podman.ask(`look for the image ${reference}`, ["image", "exists", "--", reference]);
      if (exitCode === 1) return undefined;
      throw error;
    }
  };

  return {
    find,

    pull: async (reference, { progress, interrupted }) => {
      const timeoutMs = options.pullTimeoutMs ?? halfAnHourMs;
      const more = { timeoutMs, progress, signal: interrupted, code: "pull-failed" } as const;
      const printed = await podman.run(`pull ${reference}`, ["pull", "--", reference], more);
      return await inspect(/^[0-9a-f]{64}$/mu.exec(printed)?.[0] ?? reference);
    },

    build: async ({ service, execStart, workingFolder }, { progress, interrupted }) => {
      const words = expandWords(execStart, service, podman.environment);
      const verb = words.indexOf("build");
      if (verb < 1) throw new PhoenixError("build-failed", "Cannot build the image: the unit's command is not `podman build`.");
      // Otherwise the operating system's answer reads as if podman were missing.
      if (!(await stat(workingFolder).catch(() => undefined))?.isDirectory()) {
        throw new PhoenixError("build-failed", `Cannot build the image: the folder ${workingFolder} does not exist.`);
      }
      return await withScratch(options.runtimePath, async (folder) => {
        const idPath = join(folder, "id");
        const args = [...words.slice(1, verb), "build", `--iidfile=${idPath}`, ...words.slice(verb + 1)];
        const timeoutMs = options.buildTimeoutMs ?? halfAnHourMs;
        // A colon stands in no name that Quadlet makes: this can be nobody's unit but ours.
        const unit = { name: `phoenix:${service}`, description: `Phoenix: image of ${service}`, cwd: workingFolder, progress, interrupted };
        const printed = await podman.run(`build the image of ${service}`, args, { timeoutMs, unit, code: "build-failed" });
        // A later --iidfile of the unit's own PodmanArgs= wins; then the last line of the output has the ID.
        const id = await readFile(idPath, "utf8").catch(() => lastLine(printed) ?? "");
        return await inspect(id.trim().replace(/^sha256:/u, ""));
      });
    },

    tag: async (id, tags) => {
      await podman.run(`tag an image as ${tags.join(", ")}`, ["tag", "--", id, ...tags]);
    },

    untag: async (tag) => {
      const { exitCode } = await podman.ask(`look for the image ${tag}`, ["image", "exists", "--", tag]);
      // The name twice: with one argument podman takes every name of the image away, other people's included.
      if (exitCode !== 1) await podman.run(`remove the tag ${tag}`, ["untag", "--", tag, tag]);
    },

    kept: async (stack) => {
      const prefix = `localhost/phoenix/${stack}/`;
      const rows = await podman.json("list images", ["images", "--format=json", `--filter=reference=${prefix}*`], list(listed));
      const tags = new Map(rows.flatMap((row) => row.Names.filter((name) => name.startsWith(prefix)).map((tag) => [tag, row.Id] as const)));
      return [...tags].map(([tag, id]) => ({ tag, id }));
    },
  };
}

function factOf(found: z.infer<typeof image>): ImageFact {
  const test = found.Healthcheck?.Test ?? [];
  return {
    id: found.Id,
    tags: found.RepoTags,
    repoDigests: found.RepoDigests,
    hasHealthcheck: test.length > 0 && test[0] !== "NONE",
    sizeBytes: found.Size,
  };
}
