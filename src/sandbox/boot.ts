import { spawn } from "node:child_process";
import { chmod, mkdir, open, readFile, rm, writeFile } from "node:fs/promises";
import { PhoenixError } from "../domain/errors.ts";
import { command } from "./command.ts";
import type { SandboxLayout } from "./layout.ts";
import { markOf, type ProcessMark } from "./process.ts";
import { exists, systemPath } from "./rootfs.ts";
import type { BindReadOnly } from "./state.ts";

/**
 * Runs in a mount namespace of its own, so that the host's cgroup mounts stay as they are. $1 = our cgroup, the rest = nspawn and its
 * arguments. nspawn ends with 133 when the system inside asks for a reboot: that is answered here, everything else ends the sandbox.
 */
const supervisorScript = `set -eu
cgroup=/sys/fs/cgroup/$1; shift
umount --recursive /sys/fs/cgroup || :
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p "$cgroup"
echo $$ >"$cgroup/cgroup.procs"
code=133
while [ "$code" = 133 ]; do
  code=0
  "$@" || code=$?
  echo "systemd-nspawn ended with $code"
done
exit "$code"
`;

/** Kills whatever is left in our cgroup and removes it. Needed when a supervisor was killed and nspawn went on without it. */
const sweepScript = `set -eu
umount --recursive /sys/fs/cgroup || :
mount -t cgroup2 cgroup2 /sys/fs/cgroup
cgroup=/sys/fs/cgroup/$1
for attempt in $(seq 100); do
  [ -d "$cgroup" ] || exit 0
  echo 1 >"$cgroup/cgroup.kill" || :
  find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || :
  sleep 0.05
done
echo "processes of $cgroup do not end" >&2
exit 1
`;

const unshareMounts = ["unshare", "--mount", "--propagation", "private"] as const;

/** Starts the supervisor: a process that outlives us and boots the sandbox until it is powered off. */
export async function startSupervisor(layout: SandboxLayout, binds: readonly BindReadOnly[]): Promise<ProcessMark> {
  await makeDevices(layout);
  await writeResolver(layout);
  const log = await open(layout.logPath, "w");
  try {
    const [file, ...args] = [
      ...unshareMounts,
      "sh",
      "-c",
      supervisorScript,
      "phoenix-sandbox",
      layout.cgroupName,
      ...nspawn(layout, binds),
    ];
    const child = spawn(file, args, {
      detached: true,
      stdio: ["ignore", log.fd, log.fd],
      cwd: "/",
      // netavark writes sysctls; nspawn otherwise mounts them read-only.
      env: { PATH: systemPath, LC_ALL: "C.UTF-8", SYSTEMD_NSPAWN_API_VFS_WRITABLE: "network" },
    });
    child.unref();
    const mark = child.pid === undefined ? undefined : await markOf(child.pid);
    if (mark === undefined) throw new PhoenixError("sandbox-failed", `The supervisor did not start; see ${layout.logPath}.`);
    return mark;
  } finally {
    await log.close();
  }
}

/** Ends every process of the sandbox and removes its control groups. Touches nothing but our own cgroup. */
export async function sweep(layout: SandboxLayout): Promise<void> {
  await command([...unshareMounts, "sh", "-c", sweepScript, "phoenix-sandbox", layout.cgroupName], { timeoutMs: 20_000 });
}

function nspawn(layout: SandboxLayout, binds: readonly BindReadOnly[]): readonly string[] {
  // A colon separates the halves of a bind, so one inside a path is escaped.
  const quote = (path: string): string => path.replaceAll("\\", "\\\\").replaceAll(":", "\\:");
  return [
    ...["systemd-nspawn", "--quiet", `--directory=${layout.rootPath}`, `--machine=${layout.networkName}`, `--hostname=${layout.name}`],
    // Ours to supervise: neither machined nor the host's systemd (there may be none) is told.
    ...["--register=no", "--keep-unit", "--boot", "--console=read-only", "--settings=no"],
    ...[`--network-namespace-path=${layout.networkPath}`, "--resolv-conf=off", "--link-journal=no"],
    ...["--capability=all", "--system-call-filter=@keyring bpf"],
    ...[`--bind=${layout.devicesPath}/tun:/dev/net/tun`, `--bind=${layout.devicesPath}/fuse:/dev/fuse`],
    ...binds.map(({ hostPath, path }) => `--bind-ro=${quote(hostPath)}:${quote(path)}`),
  ];
}

/** Own device nodes: nodes made inside come too late for the first containers, and the host's may not be open to everyone. */
async function makeDevices(layout: SandboxLayout): Promise<void> {
  await mkdir(layout.devicesPath, { recursive: true });
  for (const [name, minor] of [
    ["tun", "200"],
    ["fuse", "229"],
  ] as const) {
    const path = `${layout.devicesPath}/${name}`;
    if (!(await exists(path))) await command(["mknod", path, "c", "10", minor], { timeoutMs: 5_000 });
    await chmod(path, 0o666);
  }
}

/** The host's name servers. A resolver on the host's loopback is out of reach inside, so its upstreams are taken instead. */
async function writeResolver(layout: SandboxLayout): Promise<void> {
  const candidates = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];
  let chosen = "";
  for (const path of candidates) {
    const text = await readFile(path, "utf8").catch(() => "");
    const usable = text.split("\n").some((line) => /^nameserver\s+(?!127\.|::1)/.test(line));
    if (chosen === "" || usable) chosen = text;
    if (usable) break;
  }
  const target = `${layout.rootPath}/etc/resolv.conf`;
  await rm(target, { force: true });
  await writeFile(target, chosen);
}
