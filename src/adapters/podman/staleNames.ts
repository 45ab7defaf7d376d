import { rm } from "node:fs/promises";
import { join } from "node:path";

/**
 * Removes what the name server of a network that is gone still remembers. When a network goes by force together with its containers,
 * their entries stay in its file for good, through every stop of all users and a new network of that name: the names then also
 * resolve to addresses that nobody has, and every other connection hangs (seen with Podman 5.4.2, aardvark-dns 1.14).
 */
export async function removeStaleNames(network: string, environment: Readonly<Record<string, string>>): Promise<void> {
  const runtimeHome = environment["XDG_RUNTIME_DIR"];
  if (runtimeHome === undefined || !/^[A-Za-z0-9][\w.-]{0,252}$/u.test(network) || network === "aardvark.pid") return;
  await rm(join(runtimeHome, "containers", "networks", "aardvark-dns", network), { force: true });
}
