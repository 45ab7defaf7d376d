import { statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { PhoenixError } from "../../domain/errors.ts";
import type { Host } from "../../ports/machine.ts";
import { accepts } from "./accepts.ts";
import { findForeignUnits, foreignPaths } from "./foreignUnits.ts";
import { readListeners } from "./procNet.ts";
import { readSubnets } from "./subnets.ts";

export type HostOptions = {
  /** The user manager's environment: it decides where unit files lie. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly homePath: string;
};

/** This machine, as far as its own user may look. */
export function thisMachine({ environment, homePath }: HostOptions): Host {
  return {
    subnets: readSubnets,
    listeners: () => readListeners(),
    freeBytes,
    foreignUnits: (names) => findForeignUnits(names, foreignPaths(environment, homePath)),
    accepts,
  };
}

/** Of the file system that the path is on, or will be on. */
async function freeBytes(path: string): Promise<number> {
  for (let at = path; ; at = dirname(at)) {
    try {
      const { bavail, bsize } = await statfs(at);
      return bavail * bsize;
    } catch (cause) {
      if (dirname(at) === at) throw new PhoenixError("file-unreadable", `Cannot ask for the free space of ${path}.`, { cause });
    }
  }
}
