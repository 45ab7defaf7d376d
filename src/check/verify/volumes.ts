import type { Issue } from "../../domain/errors.ts";
import { digestLabel, type GenerationUnit } from "../../domain/generation.ts";
import type { ContainerDetail, FolderFact, ProcessFact, VolumeDetail } from "../../domain/observed.ts";
import { check, count, finding } from "./check.ts";

export const volumesCheck = check(
  "volumes",
  "every volume is there, and the process that uses it may read or write it as its mount says",
  ["observed", "containers", "volumes"],
  ({ observed, containers, volumes }) => {
    const { units } = observed.current;
    const wanted = new Map<string, GenerationUnit>();
    // The unit that makes it comes last, and is the one to name.
    for (const unit of units) for (const name of unit.volumes) wanted.set(name, unit);
    for (const unit of units) if (unit.type === "volume") wanted.set(unit.object, unit);
    const find = (name: string): VolumeDetail | undefined => volumes.find((volume) => volume.name === name);
    const mounts = units.flatMap((unit) => {
      const container = containers.find((one) => one.name === unit.object);
      return (container?.volumes ?? []).map((mount) => ({ unit, container, mount, volume: find(mount.name) }));
    });
    return {
      seen: count(wanted.size, "volume"),
      findings: [
        ...[...wanted]
          .filter(([name]) => find(name) === undefined)
          .map(([name, unit]) => finding("volume-missing", unit, `The volume ${name} is not there.`)),
        ...[...wanted].flatMap(([name, unit]) => oldOptions(unit, find(name))),
        ...mounts.flatMap(({ unit, container, mount, volume }) => access(unit, container?.process, mount, volume)),
      ],
      unchecked: mounts
        .filter(({ volume }) => volume !== undefined && volume.root === undefined)
        .map(({ mount }) => `who owns ${mount.name}: its driver mounts it only while it is used`),
    };
  },
);

/** A volume's options cannot be changed in place, so the old ones stay until a person moves the data. */
function oldOptions(unit: GenerationUnit, volume: VolumeDetail | undefined): readonly Issue[] {
  const made = volume?.labels[digestLabel];
  if (unit.type !== "volume" || made === undefined || made === unit.digest) return [];
  const message = `The volume ${unit.object} was made from another text than ${unit.file} has now, and keeps the options of then.`;
  const remedy = "To make it anew: `phoenix volumes export`, `phoenix teardown --volumes`, deploy, `phoenix volumes import`.";
  return [{ ...finding("unit-drift", unit, message, remedy), severity: "warning" }];
}

function access(
  unit: GenerationUnit,
  user: ProcessFact | undefined,
  mount: ContainerDetail["volumes"][number],
  volume: VolumeDetail | undefined,
): readonly Issue[] {
  const root = volume?.root;
  if (user === undefined || volume === undefined || root === undefined || user.overridesPermissions) return [];
  const may = permissions(root, user);
  const lacks = mount.writable && !may.write ? "write" : may.read ? undefined : "read";
  if (lacks === undefined) return [];
  const mode = root.mode.toString(8).padStart(4, "0");
  const who = `user ${user.uid}`;
  const message = `${unit.service} runs as ${who} and may not ${lacks} its volume ${mount.name} at ${mount.path}: it belongs to ${root.uid}:${root.gid}, mode ${mode}.`;
  const change =
    root.uid === user.uid ? `chmod u+rwx ${volume.mountPath}` : `chown ${user.uid}:${user.groups[0] ?? user.uid} ${volume.mountPath}`;
  return [finding("volume-owner", unit, message, `podman unshare ${change}`)];
}

/** The first class that fits decides, as in the kernel; a folder needs `x` for anything. */
function permissions({ uid, gid, mode }: FolderFact, user: ProcessFact): { readonly read: boolean; readonly write: boolean } {
  const bits = user.uid === uid ? mode >> 6 : user.groups.includes(gid) ? mode >> 3 : mode;
  const enter = (bits & 1) !== 0;
  return { read: enter && (bits & 4) !== 0, write: enter && (bits & 2) !== 0 };
}
