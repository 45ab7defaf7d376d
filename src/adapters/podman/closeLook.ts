import { readFile } from "node:fs/promises";
import * as z from "zod";
import { PhoenixError } from "../../domain/errors.ts";
import type { ContainerDetail } from "../../domain/observed.ts";
import type { Ms } from "../../domain/words.ts";
import type { CloseLook } from "../../ports/closeLook.ts";
import type { Order } from "../probe/once.ts";
import { labels, list, type Podman } from "./run.ts";

const container = z.object({
  Name: z.string(),
  State: z.object({ Running: z.boolean(), Pid: z.number() }),
  BoundingCaps: list(z.string()),
  Config: z.object({ User: z.string().default("") }),
  HostConfig: z.object({ ReadonlyRootfs: z.boolean(), Privileged: z.boolean(), SecurityOpt: list(z.string()) }),
  NetworkSettings: z.object({
    Networks: z
      .record(z.string(), z.object({ IPAddress: z.string().default(""), GlobalIPv6Address: z.string().default("") }))
      .nullish()
      .transform((found) => found ?? {}),
  }),
  Mounts: list(z.object({ Type: z.string(), Name: z.string().optional(), Destination: z.string(), RW: z.boolean() })),
});

const volume = z.object({
  Name: z.string(),
  Driver: z.string(),
  Options: labels,
  Labels: labels,
  CreatedAt: z.string(),
  Mountpoint: z.string(),
});

const folder = z.object({ uid: z.number(), gid: z.number(), mode: z.number() }).nullable();
const processFact = z.object({ uid: z.number(), groups: z.array(z.number()), overridesPermissions: z.boolean() }).nullable();
const looks = z.object({ folders: z.array(folder), processes: z.array(processFact) });
const outcomes = z.array(z.enum(["connected", "refused", "unreachable", "silent"]));
const names = z.array(z.union([z.object({ addresses: z.array(z.string()) }), z.object({ unknown: z.string() })]));

/** What starting podman and this program costs on a busy machine, on top of the question's own deadline. */
const aroundMs: Ms = 15_000;
const dnsMs: Ms = 1_000;

export type CloseLookOptions = { readonly selfArgv: readonly [string, ...string[]] };

/** Looks that need podman, or a namespace of its making: this program is started there for one order. */
export function podmanCloseLook(podman: Podman, { selfArgv }: CloseLookOptions): CloseLook {
  const inside = async <T>(purpose: string, where: readonly string[], order: Order, schema: z.ZodType<T>, timeoutMs: Ms): Promise<T> => {
    const args = ["unshare", ...where, ...selfArgv, "probe-once"];
    const printed = await podman.run(purpose, args, { input: JSON.stringify(order), timeoutMs: timeoutMs + aroundMs });
    const parsed = schema.safeParse(JSON.parse(printed));
    if (!parsed.success) throw new PhoenixError("podman-failed", `Cannot ${purpose}: the answer from inside is not complete.`);
    return parsed.data;
  };
  const look = (folders: readonly string[], pids: readonly number[]): Promise<z.infer<typeof looks>> =>
    inside("look from inside the user namespace", [], { look: { folders, pids } }, looks, 0);

  return {
    containers: async (wanted) => {
      if (wanted.length === 0) return [];
      // One that is not there makes the exit code 125, and the others are printed all the same.
      const { stdout } = await podman.ask("look at the containers", ["container", "inspect", "--format=json", "--", ...wanted]);
      const parsed = z.array(container).safeParse(parseJson(stdout));
      if (!parsed.success)
        throw new PhoenixError("podman-failed", "Cannot look at the containers: podman's answer is not what this version knows.");
      const running = parsed.data.filter((one) => one.State.Running && one.State.Pid > 0);
      const { processes } =
        running.length === 0
          ? { processes: [] }
          : await look(
              [],
              running.map((one) => one.State.Pid),
            );
      return running.map((one, index) => detailOf(one, processes[index] ?? undefined));
    },

    volumes: async () => {
      const found = await podman.json("look at the volumes", ["volume", "inspect", "--all"], list(volume));
      // What has a type or another driver is mounted while it is used: the folder below it tells nothing.
      const isPlain = (one: z.infer<typeof volume>): boolean => one.Driver === "local" && (one.Options["type"] ?? "") === "";
      const plain = found.filter(isPlain);
      const { folders } =
        plain.length === 0
          ? { folders: [] }
          : await look(
              plain.map((one) => one.Mountpoint),
              [],
            );
      return found.map((one) => ({
        name: one.Name,
        driver: one.Driver,
        options: one.Options,
        labels: one.Labels,
        createdAt: one.CreatedAt,
        mountPath: one.Mountpoint,
        root: folders[plain.indexOf(one)] ?? undefined,
      }));
    },

    resolve: async (questions) => {
      if (questions.length === 0) return [];
      const order = { resolve: questions, timeoutMs: dnsMs };
      return await inside("ask the networks' DNS", ["--rootless-netns"], order, names, dnsMs * 2);
    },

    reach: async (pid, attempts) => {
      if (attempts.length === 0) return [];
      const longestMs = Math.max(0, ...attempts.map((attempt) => (attempt.kind === "tcp" ? attempt.timeoutMs : 0)));
      const where = ["nsenter", "--target", String(pid), "--net", "--"];
      return await inside("look from inside a container's network", where, { reach: attempts }, outcomes, longestMs);
    },

    controllers: async () => {
      const uid = process.getuid?.() ?? 0;
      const path = `/sys/fs/cgroup/user.slice/user-${uid}.slice/user@${uid}.service/cgroup.controllers`;
      const text = await readFile(path, "utf8").catch(() => undefined);
      return text?.split(/\s+/u).filter((word) => word !== "");
    },
  };
}

function detailOf(found: z.infer<typeof container>, process: ContainerDetail["process"]): ContainerDetail {
  const { HostConfig: host } = found;
  return {
    name: found.Name,
    pid: found.State.Pid,
    process,
    user: found.Config.User,
    readOnly: host.ReadonlyRootfs,
    privileged: host.Privileged,
    securityOptions: host.SecurityOpt,
    capabilities: found.BoundingCaps,
    networks: Object.entries(found.NetworkSettings.Networks).map(([name, { IPAddress, GlobalIPv6Address }]) => ({
      name,
      addresses: [IPAddress, GlobalIPv6Address].filter((address) => address !== ""),
    })),
    volumes: found.Mounts.flatMap(({ Type, Name, Destination, RW }) =>
      Type === "volume" && Name !== undefined ? [{ name: Name, path: Destination, writable: RW }] : [],
    ),
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
