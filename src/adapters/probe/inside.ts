import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { lstat, readFile } from "node:fs/promises";
import { connect, isIPv6 } from "node:net";
import type { FolderFact, ProcessFact, ReachOutcome } from "../../domain/observed.ts";
import type { Attempt, NameAnswer, NameQuestion } from "../../ports/closeLook.ts";

/** What `phoenix probe-once` does inside of a namespace that the asking process is not in. Nothing here throws. */

/** Every attempt at once, in their order. */
export async function reachAll(attempts: readonly Attempt[]): Promise<readonly ReachOutcome[]> {
  return await Promise.all(attempts.map((attempt) => (attempt.kind === "tcp" ? reachTcp(attempt) : reachRoute(attempt.host))));
}

function reachTcp({ host, port, timeoutMs }: Extract<Attempt, { readonly kind: "tcp" }>): Promise<ReachOutcome> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (outcome: ReachOutcome): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    const timer = setTimeout(() => end("silent"), timeoutMs);
    socket.once("connect", () => end("connected"));
    socket.once("error", (error: NodeJS.ErrnoException) => end(outcomeOf(error.code)));
  });
}

/** Connecting a datagram socket makes the kernel look for a way, and sends nothing. */
function reachRoute(host: string): Promise<ReachOutcome> {
  return new Promise((resolve) => {
    const socket = createSocket(isIPv6(host) ? "udp6" : "udp4");
    const end = (outcome: ReachOutcome): void => {
      socket.close();
      resolve(outcome);
    };
    socket.once("error", (error: NodeJS.ErrnoException) => end(outcomeOf(error.code)));
    socket.once("connect", () => end("connected"));
    socket.connect(9, host);
  });
}

/** A refusal came from the other side: it was reached. */
function outcomeOf(code: string | undefined): ReachOutcome {
  if (code === "ECONNREFUSED" || code === "ECONNRESET") return "refused";
  return code === "ETIMEDOUT" ? "silent" : "unreachable";
}

/** Every name at its own name server, all at once. */
export async function resolveAll(questions: readonly NameQuestion[], timeoutMs: number): Promise<readonly NameAnswer[]> {
  return await Promise.all(
    questions.map(async ({ server, name }): Promise<NameAnswer> => {
      const resolver = new Resolver({ timeout: timeoutMs, tries: 2 });
      resolver.setServers([isIPv6(server) ? `[${server}]` : server]);
      // A name with a dot would be handed on to the machine's own DNS servers.
      const asked = name.includes(".") ? `${name}.dns.podman` : name;
      const found = await Promise.all([addressesOf(resolver.resolve4(asked)), addressesOf(resolver.resolve6(asked))]);
      const failed = found.find((one) => "unknown" in one);
      return failed ?? { addresses: found.flatMap((one) => ("addresses" in one ? one.addresses : [])) };
    }),
  );
}

async function addressesOf(looking: Promise<readonly string[]>): Promise<NameAnswer> {
  try {
    return { addresses: await looking };
  } catch (error) {
    const code = String((error as { readonly code?: unknown }).code ?? "unknown");
    return code === "ENOTFOUND" || code === "ENODATA" ? { addresses: [] } : { unknown: `the network's DNS does not answer (${code})` };
  }
}

export type Looks = { readonly folders: readonly (FolderFact | null)[]; readonly processes: readonly (ProcessFact | null)[] };

/** Owners and modes of folders, and who processes are, in the numbers of the user namespace that this process is in. */
export async function lookAt(folders: readonly string[], pids: readonly number[]): Promise<Looks> {
  return {
    folders: await Promise.all(
      folders.map(async (path) => {
        const found = await lstat(path).catch(() => undefined);
        return found?.isDirectory() === true ? { uid: found.uid, gid: found.gid, mode: found.mode & 0o7777 } : null;
      }),
    ),
    processes: await Promise.all(pids.map(async (pid) => readStatus(await readFile(`/proc/${pid}/status`, "utf8").catch(() => "")))),
  };
}

const dacOverride = 1n << 1n;

/** `/proc/PID/status`: the effective ids and capabilities. */
function readStatus(text: string): ProcessFact | null {
  const line = (key: string): readonly string[] =>
    (new RegExp(`^${key}:[ \\t]*(.*)$`, "mu").exec(text)?.[1] ?? "").split(/\s+/u).filter((word) => word !== "");
  const [uid, gid, effective] = [line("Uid")[1], line("Gid")[1], line("CapEff")[0]];
  if (uid === undefined || gid === undefined || effective === undefined) return null;
  return {
    uid: Number(uid),
    groups: [...new Set([gid, ...line("Groups")].map(Number))],
    overridesPermissions: (BigInt(`0x${effective}`) & dacOverride) !== 0n,
  };
}
