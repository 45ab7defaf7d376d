import * as z from "zod";
import { PhoenixError } from "../../domain/errors.ts";
import { stackLabel } from "../../domain/generation.ts";
import type { ContainerFact } from "../../domain/observed.ts";
import type { Containers } from "../../ports/machine.ts";
import { expandWords } from "./expand.ts";
import { lastWords } from "./lastWords.ts";
import { rehearsalArguments, rehearsalName } from "./rehearsal.ts";
import { labels, list, type Podman } from "./run.ts";

const row = z.object({
  Id: z.string(),
  Names: list(z.string()),
  ImageID: z.string(),
  State: z.string(),
  Labels: labels,
  Networks: list(z.string()),
});

const inspected = z.tuple([z.object({ State: z.object({ Status: z.string(), ExitCode: z.number() }) })], z.unknown());

/** States of a container that has not ended yet. */
const alive: ReadonlySet<string> = new Set(["created", "initialized", "configured", "running", "paused", "stopping"]);

/** Containers as the podman program tells of them. */
export function podmanContainers(podman: Podman): Containers {
  const remove = async (name: string): Promise<void> => {
    await podman.run(`remove the container ${name}`, ["rm", "--force", "--time=0", "--ignore", "--volumes", "--", name]);
  };

  return {
    list: async (stack) => {
      const args = ["ps", "--all", "--format=json", `--filter=label=${stackLabel}=${stack}`];
      return (await podman.json("list containers", args, list(row))).map(factOf);
    },

    /*
     * A plain `podman run --detach` from here is what the unit would run: Podman puts conmon and the container into a scope of
     * their own, outside phoenix.service, so they get none of its limits and outlive it. That holds only while phoenix.service
     * carries no setting that children inherit for good (NoNewPrivileges, seccomp filters, mount namespaces): a rehearsal started
     * under those failed where the live unit ran. A rehearsal of a hardened agent would have to be a transient unit.
     */
    rehearse: async (service, execStart) => {
      const name = rehearsalName(service);
      const args = rehearsalArguments(service, expandWords(execStart, service, podman.environment));
      try {
        await podman.run(`start ${service} beside the live one`, args, { timeoutMs: 60_000 });
      } catch (error) {
        // One that could not be started (no such program, no such network) stays behind as "created".
        await remove(name).catch(() => {});
        throw error;
      }
      return name;
    },

    exitCode: async (name) => {
      // By name and not through a list: `podman ps` may hang on another container's lock where this answers.
      const found = await podman.json(`look at the container ${name}`, ["container", "inspect", "--format=json", "--", name], inspected);
      const [{ State }] = found;
      if (State.Status === "unknown")
        throw new PhoenixError("podman-failed", `Cannot look at the container ${name}: its state is unknown.`);
      return alive.has(State.Status) ? undefined : State.ExitCode;
    },

    remove,
    lastWords: lastWords(podman),
  };
}

function factOf(found: z.infer<typeof row>): ContainerFact {
  const service = found.Labels["PODMAN_SYSTEMD_UNIT"];
  return {
    name: found.Names[0] ?? found.Id,
    id: found.Id,
    imageId: found.ImageID,
    state: found.State,
    labels: found.Labels,
    ...(service === undefined ? {} : { service }),
    networks: found.Networks,
  };
}
