import { homedir } from "node:os";
import { join } from "node:path";
import { systemClock } from "../adapters/clock.ts";
import { newFolders } from "../adapters/files/folders.ts";
import { folderGenerations } from "../adapters/files/generations.ts";
import { fileHistory } from "../adapters/files/history.ts";
import { folderSource } from "../adapters/files/source.ts";
import { homesOf, statePaths } from "../adapters/files/statePaths.ts";
import { quadletGenerator } from "../adapters/generator/quadlet.ts";
import { thisMachine } from "../adapters/host/machine.ts";
import { cleanEnvironment } from "../adapters/host/program.ts";
import { podmanCloseLook } from "../adapters/podman/closeLook.ts";
import { podmanContainers } from "../adapters/podman/containers.ts";
import { podmanImages } from "../adapters/podman/images.ts";
import { podmanObjects } from "../adapters/podman/objects.ts";
import { podmanRunner } from "../adapters/podman/run.ts";
import { podmanVolumes } from "../adapters/podman/volumes.ts";
import { createProber } from "../adapters/probe/prober.ts";
import { proberSocketPath } from "../adapters/probe/socket-path.ts";
import { proberStarter } from "../adapters/probe/start.ts";
import type { Bus } from "../adapters/systemd/bus.ts";
import { busLane } from "../adapters/systemd/lane.ts";
import { transientRunner } from "../adapters/systemd/transient.ts";
import { unitProgram } from "../adapters/systemd/unitProgram.ts";
import { systemdUnits } from "../adapters/systemd/units.ts";
import type { LedgerLine } from "../domain/ledger.ts";
import type { StackName } from "../domain/words.ts";
import type { Ports } from "../ports/ports.ts";
import type { Journal } from "../ports/store.ts";

export type ConnectOptions = {
  readonly bus: Bus;
  readonly journal: Journal;
  /** Names this process in ledger lines. */
  readonly by: string;
  readonly recorded: (stack: StackName, line: LedgerLine) => void;
  /** How to start this very program. */
  readonly selfArgv: readonly [string, ...string[]];
};

/**
 * Builds every port. The homes are the user manager's, not the shell's: its generator reads the links, with its environment, and a
 * shell whose XDG_CONFIG_HOME differs would write them where nobody looks.
 */
export async function connectPorts({ bus, journal, by, recorded, selfArgv }: ConnectOptions): Promise<Ports> {
  const units = systemdUnits(bus);
  const manager = await units.environment();
  const homePath = manager["HOME"] ?? homedir();
  const runtimeHome = manager["XDG_RUNTIME_DIR"] ?? `/run/user/${process.getuid?.() ?? 0}`;
  const runtimePath = join(runtimeHome, "phoenix");
  const environment = cleanEnvironment({ ...process.env, ...manager, HOME: homePath, XDG_RUNTIME_DIR: runtimeHome });
  const paths = statePaths(homesOf(manager, homePath));
  const podman = podmanRunner({ environment, asUnit: unitProgram(runtimePath, async (work) => await transientRunner(bus)(work)) });
  const objects = podmanObjects(podman);
  return {
    source: folderSource(),
    folders: newFolders,
    generator: quadletGenerator({ environment, homePath, runtimePath }),
    units,
    containers: podmanContainers(podman),
    images: podmanImages(podman, { runtimePath }),
    objects,
    volumes: podmanVolumes(podman),
    closeLook: podmanCloseLook(podman, { selfArgv }),
    generations: folderGenerations(paths),
    history: fileHistory({ paths, clock: systemClock, by, recorded }),
    prober: createProber({
      socketPath: proberSocketPath(runtimeHome),
      startProber: proberStarter(environment),
      findNetwork: async (name) => (await objects.networks()).find((network) => network.name === name),
      findAddress: async (container, network) => await containerAddress(podman, container, network),
      environment,
      selfArgv,
    }),
    lane: busLane(bus),
    journal,
    clock: systemClock,
    host: thisMachine({ environment, homePath }),
  };
}

/** The address of a container on a network without DNS, empty when it has none. */
async function containerAddress(podman: ReturnType<typeof podmanRunner>, container: string, network: string): Promise<string | undefined> {
  const format = `{{with index .NetworkSettings.Networks ${JSON.stringify(network)}}}{{.IPAddress}}{{end}}`;
  const text = await podman.run(`look at the address of ${container}`, ["container", "inspect", `--format=${format}`, "--", container]);
  return text.trim() === "" ? undefined : text.trim();
}
