/**
 * A real machine for system tests: Debian 13, systemd 257, rootless Podman, in the sandbox.
 *
 *     import t from "tap";
 *     import { machine } from "../support/machine.ts";
 *     const m = await machine(t);                       // a fresh Unix user in the shared sandbox (about half a second when it is up)
 *     await m.loadTestImage();                          // localhost/phoenix-test/server:latest; its modes: test-image.ts
 *     await m.loadTestImage("localhost/app:2", { VERSION: "2", MODE: "fail" });
 *     await m.writeFile(".config/containers/systemd/web.container", `…PublishPort=127.0.0.1:${m.port()}:8080…`);
 *     await m.stdout("systemctl --user daemon-reload && systemctl --user start web");     // throws unless it exits with 0
 *     const result = await m.phoenix(["status"]);       // our bundle (this checkout's dist/phoenix.mjs), as that user
 *     await m.waitFor("web answers", async () => (await m.http(m.port())).status === 200, 5_000);
 *
 * Users share one network: publish only `m.port(0..19)`, which no other user has, and give networks no fixed subnet unless they are
 * rootless bridges (those are private to the user). The shared sandbox stays up for the next file; nobody may reboot it. A test that
 * reboots takes a machine of its own: `machine(t, { own: true, ports: [8080] })`, removed at the end; `m.hostPort(8080)` is how the host sees it.
 */
import { createHash } from "node:crypto";
import { mkdir, readdir } from "node:fs/promises";
import { dirname, posix } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Test } from "tap";
import { sandboxDown } from "../../src/sandbox/down.ts";
import { defaultCachePath, layoutOf } from "../../src/sandbox/layout.ts";
import { withLock } from "../../src/sandbox/lock.ts";
import { sandboxReboot } from "../../src/sandbox/ready.ts";
import { type SandboxRunResult, sandboxRun } from "../../src/sandbox/run.ts";
import type { SandboxStatus } from "../../src/sandbox/status.ts";
import { sandboxUp } from "../../src/sandbox/up.ts";
import { broughtNode } from "./node.ts";
import { buildTestImage, testImage } from "./test-image.ts";
import { createUser, isRunning, removeUser, sweepUsers } from "./users.ts";

export type RunOptions = {
  readonly timeoutMs?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
  readonly cwd?: string;
  /** As root instead of the test's user. */
  readonly root?: boolean;
};

export type HttpAnswer = { readonly status: number; readonly body: string };

export type Machine = {
  readonly sandbox: string;
  readonly user: string;
  readonly uid: number;
  readonly home: string;
  /** A port that only this user publishes; offset 0 to 19. */
  port(offset?: number): number;
  /** Where the host reaches a forwarded port of a machine of one's own. */
  hostPort(inside: number): number;
  /** Runs a program and returns whatever came of it. Default deadline 60 s: exit code 124. */
  run(argv: readonly [string, ...string[]], options?: RunOptions): Promise<SandboxRunResult>;
  /** The same for a bash script. */
  shell(script: string, options?: RunOptions): Promise<SandboxRunResult>;
  /** The trimmed output of a bash script (`set -euo pipefail`) that must succeed. */
  stdout(script: string, options?: RunOptions): Promise<string>;
  /** Our bundle, as the user. */
  phoenix(args: readonly string[], options?: RunOptions): Promise<SandboxRunResult>;
  /** GET from inside, as a client of a published port; status 0 = no answer (refused, closed, or nothing within timeoutMs, 2 s). */
  http(port: number, path?: string, timeoutMs?: number): Promise<HttpAnswer>;
  /** Relative paths start at the user's home. Folders are made as needed. */
  writeFile(path: string, text: string): Promise<void>;
  readFile(path: string): Promise<string>;
  /**
   * Asks until it is true; an ask that throws counts as no. Fails with the description when the time is over. The pause between two asks
   * begins with `pauseMs` (100) and grows to four times that: the machine is small, and whoever asks without pause keeps what is waited for
   * from happening.
   */
  waitFor(description: string, ask: () => Promise<boolean>, deadlineMs: number, pauseMs?: number): Promise<void>;
  /** Makes the test image available under a name; with variables it becomes an image of its own, with another ID. */
  loadTestImage(name?: string, env?: Readonly<Record<string, string>>): Promise<void>;
  reboot(): Promise<void>;
};

export type MachineOptions = { readonly own?: boolean; readonly ports?: readonly number[]; readonly packages?: readonly string[] };

/** Our bundle, run as install.sh's command does it. */
export const phoenixArgv = ["node", "--max-semi-space-size=1", "--no-opt", "/opt/phoenix/dist/phoenix.mjs"] as const;

const checkoutPath = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const archivePath = "/srv/test-image.tar";

/** Images of earlier runs, of the host and as every machine sees them. */
export const keptImages = { hostPath: `${defaultCachePath}/images`, path: "/opt/phoenix-images" } as const;

/** Another checkout is another program under test: it gets another sandbox. */
export const sharedName = `test-${createHash("sha256").update(checkoutPath).digest("hex").slice(0, 6)}`;

/** Boots the shared sandbox, or one of a test's own, unless it runs. */
export async function bootSandbox({ own = false, ports = [], packages }: MachineOptions = {}): Promise<SandboxStatus> {
  // Who may not, is told by sandboxUp what is missing.
  await mkdir(keptImages.hostPath, { recursive: true }).catch(() => {});
  const node = own ? undefined : await broughtNode(defaultCachePath);
  return await sandboxUp({
    name: own ? `${sharedName}-${process.pid}` : sharedName,
    ports: own ? ports : [],
    bindReadOnly: [
      { hostPath: checkoutPath, path: "/opt/phoenix" },
      keptImages,
      // Before Debian's in everybody's PATH.
      ...(node === undefined ? [] : [{ hostPath: node, path: "/usr/local/bin" }]),
    ],
    outdated: "replace",
    ...(packages === undefined ? {} : { packages }),
  });
}

/** Brings the sandbox up if need be and gives the test a user of its own there; both are wound up in the test's teardown. */
export async function machine(t: Test, options: MachineOptions = {}): Promise<Machine> {
  await sweepMachines();
  const status = await bootSandbox(options);
  const sandbox = status.name;
  if (options.own === true) t.teardown(() => sandboxDown({ name: sandbox, delete: true }));
  const where = { sandbox, rootPath: status.rootPath, lockPath: `${layoutOf(sandbox).instancePath}/users.lock` };
  await withLock(`${where.lockPath}.sweep`, 60_000, () => sweepUsers(where));
  const user = await createUser(where);
  if (options.own !== true) t.teardown(() => removeUser(where, user));

  const run: Machine["run"] = async (argv, more = {}) => {
    const { root, ...rest } = more;
    return await sandboxRun({
      name: sandbox,
      user: root === true ? "root" : user.name,
      argv,
      stdio: "capture",
      timeoutMs: 60_000,
      ...rest,
    });
  };
  const stdout: Machine["stdout"] = async (script, more) => {
    const result = await run(["bash", "-euo", "pipefail", "-c", script], more);
    if (result.exitCode !== 0) throw new Error(`exit ${result.exitCode} of: ${script}\n${result.stdout}${result.stderr}`);
    return result.stdout.trimEnd();
  };
  const inHome = (path: string): string => posix.resolve(user.home, path);

  return {
    sandbox,
    user: user.name,
    uid: user.uid,
    home: user.home,
    port(offset = 0) {
      if (offset < 0 || offset > 19) throw new RangeError(`port offset ${offset} is not between 0 and 19`);
      // Below the ephemeral ports.
      return 10_000 + (user.uid % 1_000) * 20 + offset;
    },
    hostPort(inside) {
      const found = status.ports.find((port) => port.inside === inside);
      if (found === undefined) throw new Error(`port ${inside} is not forwarded: name it in machine(t, { own: true, ports: [${inside}] })`);
      return found.host;
    },
    run,
    stdout,
    shell: (script, more) => run(["bash", "-c", script], more),
    phoenix: (args, more) => run([...phoenixArgv, ...args], more),
    async http(port, path = "/health", timeoutMs = 2_000) {
      const url = `http://127.0.0.1:${port}${path}`;
      const result = await run(["curl", "-s", "-m", String(timeoutMs / 1000), "-w", "\n%{http_code}", url]);
      const [, body = "", status = "0"] = /^(.*)\n(\d+)$/s.exec(result.stdout) ?? [];
      return { status: Number(status), body };
    },
    async writeFile(path, text) {
      const target = inHome(path);
      await stdout(`mkdir -p "\${TARGET%/*}" && cat >"$TARGET"`, { input: text, env: { TARGET: target } });
    },
    async readFile(path) {
      const result = await run(["cat", inHome(path)]);
      if (result.exitCode !== 0) throw new Error(result.stderr.trimEnd());
      return result.stdout;
    },
    async waitFor(description, ask, deadlineMs, pauseMs = 100) {
      const end = performance.now() + deadlineMs;
      for (let pause = pauseMs; ; pause = Math.min(pause * 1.25, pauseMs * 4)) {
        if (await ask().catch(() => false)) return;
        if (performance.now() >= end) throw new Error(`not within ${deadlineMs} ms: ${description}`);
        await sleep(pause);
      }
    },
    async loadTestImage(name = testImage, env = {}) {
      await withLock(`${where.lockPath}.image`, 60_000, async () => {
        if ((await run(["test", "-f", archivePath])).exitCode === 0) return;
        await stdout(`${buildTestImage("/tmp/test-image.tar")}`);
        await stdout(
          `install -m 644 /tmp/test-image.tar ${archivePath}.new && rm /tmp/test-image.tar && mv ${archivePath}.new ${archivePath}`,
          {
            root: true,
          },
        );
      });
      await stdout(`podman image exists ${testImage} || podman load --quiet --input ${archivePath}`);
      const variables = Object.entries(env).map(([key, value]) => `ENV ${key}=${JSON.stringify(value)}\n`);
      if (variables.length === 0) await stdout(`podman tag ${testImage} ${name}`);
      else await stdout(`podman build --quiet --tag ${name} -`, { input: `FROM ${testImage}\n${variables.join("")}` });
    },
    async reboot() {
      if (options.own !== true) throw new Error("the shared sandbox must not be rebooted: machine(t, { own: true })");
      await sandboxReboot({ name: sandbox });
    },
  };
}

/** Removes machines of their own whose test processes died before their teardown. */
async function sweepMachines(): Promise<void> {
  const names = await readdir(dirname(layoutOf(sharedName).instancePath)).catch(() => []);
  for (const name of names) {
    if (name.startsWith(`${sharedName}-`) && !isRunning(Number(name.slice(sharedName.length + 1))))
      await sandboxDown({ name, delete: true });
  }
}
