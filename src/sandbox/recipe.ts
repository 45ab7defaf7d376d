import { createHash } from "node:crypto";

export const suite = "trixie";

const packages: readonly string[] = [
  ...["systemd", "systemd-sysv", "dbus", "dbus-user-session", "libpam-systemd"],
  ...["podman", "crun", "uidmap", "passt", "netavark", "aardvark-dns", "catatonit", "nftables"],
  ...["nodejs", "iproute2", "procps", "curl", "ca-certificates", "busybox-static", "strace", "podman-compose"],
];

/** Proves that a process sees the sandbox's files and not the host's. */
export const markerPath = "/etc/phoenix-sandbox";

/**
 * What is done to the fresh root filesystem, inside it. Each line has a reason that was met in practice:
 * pids_limit: no controllers are delegated to the sandbox, Podman's default limit would fail every container.
 * network-online: Podman's user generator waits up to 90 s for it at the first start of every user unit.
 * machine-id: empty, so that every instance draws its own and still counts as booted before.
 * storage/home: plain directories of the instance; the kernel refuses overlayfs on overlayfs.
 */
const setupScript = `set -eu
mkdir -p /etc/containers/containers.conf.d /etc/systemd/journald.conf.d /var/log/journal /var/lib/systemd/linger
printf '[containers]\\npids_limit = 0\\n' >/etc/containers/containers.conf.d/50-sandbox.conf
printf '[Journal]\\nStorage=persistent\\nSystemMaxUse=256M\\nRateLimitIntervalSec=0\\n' >/etc/systemd/journald.conf.d/50-sandbox.conf
cat >/etc/systemd/system/sandbox-online.service <<'UNIT'
[Unit]
Description=The network is there before the sandbox boots
Wants=network-online.target
After=network-online.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
[Install]
WantedBy=multi-user.target
UNIT
systemctl enable --quiet sandbox-online.service
systemctl mask --quiet apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer \\
  console-getty.service systemd-firstboot.service systemd-modules-load.service podman-auto-update.timer
useradd --create-home --uid 1000 --shell /bin/bash phoenix
touch /var/lib/systemd/linger/phoenix
: >/etc/machine-id
rm -f /etc/resolv.conf /etc/hostname
printf 'LANG=C.UTF-8\\n' >/etc/default/locale
printf '127.0.0.1 localhost\\n::1 localhost\\n' >/etc/hosts
echo 1 >${markerPath}
`;

export type Recipe = { readonly key: string; readonly packages: readonly string[]; readonly setupScript: string };

/** The recipe of a root filesystem. Its key changes with every ingredient, so a cached build is always the one that was asked for. */
export function recipeOf(morePackages: readonly string[] = []): Recipe {
  const all = [...new Set([...packages, ...morePackages])].sort();
  const key = createHash("sha256")
    .update(JSON.stringify([suite, process.arch, all, setupScript]))
    .digest("hex")
    .slice(0, 12);
  return { key, packages: all, setupScript };
}
