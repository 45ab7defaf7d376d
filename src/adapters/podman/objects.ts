import { randomBytes } from "node:crypto";
import * as z from "zod";
import { PhoenixError } from "../../domain/errors.ts";
import { stackLabel } from "../../domain/generation.ts";
import type { StackName } from "../../domain/words.ts";
import type { Objects } from "../../ports/machine.ts";
import { labels, list, type Podman } from "./run.ts";
import { removeStaleNames } from "./staleNames.ts";

const network = z.object({
  name: z.string(),
  internal: z.boolean().default(false),
  dns_enabled: z.boolean().default(false),
  labels,
  subnets: list(z.object({ subnet: z.string(), gateway: z.string().optional() })),
});

const volume = z.object({ Name: z.string(), Labels: labels, Mountpoint: z.string() });

/** Networks, volumes and secrets. */
export function podmanObjects(podman: Podman): Objects {
  const removeObject = async (kind: "network" | "volume" | "secret", name: string): Promise<void> => {
    try {
      // Never by force: that would kill the containers which still use it.
      await podman.run(`remove the ${kind} ${name}`, [kind, "rm", "--", name]);
    } catch (error) {
      const { exitCode } = await podman.ask(`look for the ${kind} ${name}`, [kind, "exists", "--", name]);
      if (exitCode !== 1) throw error;
    }
  };

  const createSecret = async (name: string, value: string, stack: StackName): Promise<void> => {
    if (!/^[A-Za-z0-9][\w.-]{0,252}$/u.test(name)) {
      throw new PhoenixError("unit-value", `Cannot create the secret: ${JSON.stringify(name)} is not a name that Podman takes.`);
    }
    const exists = async (): Promise<boolean> =>
      (await podman.ask(`look for the secret ${name}`, ["secret", "exists", "--", name])).exitCode === 0;
    try {
      const args = ["secret", "create", `--label=${stackLabel}=${stack}`, "--", name, "-"];
      await podman.run(`create the secret ${name}`, args, { input: value });
    } catch (error) {
      // It was there, or somebody else was quicker: that one counts, or two services would disagree about a password.
      if (!(await exists())) throw error;
    }
  };

  return {
    networks: async () =>
      (await podman.json("list networks", ["network", "ls", "--format=json"], list(network))).map((found) => ({
        name: found.name,
        labels: found.labels,
        subnets: found.subnets.map(({ subnet }) => subnet),
        gateways: found.subnets.flatMap(({ gateway }) => (gateway === undefined ? [] : [gateway])),
        internal: found.internal,
        dnsEnabled: found.dns_enabled,
      })),

    volumes: async () =>
      (await podman.json("list volumes", ["volume", "ls", "--format=json"], list(volume))).map((found) => ({
        name: found.Name,
        labels: found.Labels,
        mountPath: found.Mountpoint,
      })),

    // `--format json` prints the word "json" here (seen with 5.4.2).
    secrets: async () =>
      (await podman.run("list secrets", ["secret", "ls", "--format={{.Name}}"])).split("\n").filter((name) => name !== ""),

    removeNetwork: async (name) => {
      await removeObject("network", name);
      await removeStaleNames(name, podman.environment);
    },
    removeVolume: (name) => removeObject("volume", name),
    removeSecret: (name) => removeObject("secret", name),

    generateSecret: (name, stack) => createSecret(name, randomBytes(32).toString("base64url"), stack),
    createSecret,
    secretDiffers: async (name, value) => {
      const args = ["secret", "inspect", "--showsecret", "--format={{.SecretData}}", "--", name];
      const found = await podman.run(`compare the secret ${name}`, args);
      return found.replace(/\n$/u, "") !== value;
    },
  };
}
