import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { withLock } from "../../src/sandbox/lock.ts";
import { sandboxRun } from "../../src/sandbox/run.ts";
import { findUser, type SandboxUser } from "../../src/sandbox/user.ts";

type Where = { readonly sandbox: string; readonly rootPath: string; readonly lockPath: string };

/** Where images of an earlier run are lent to a user: see `reference-images.ts`. */
export const lentImages = (name: string): string => `/srv/images/${name}`;

/** A fresh Unix user of the sandbox with subordinate ids, lingering, its user manager up. The name carries our pid: see `sweepUsers`. */
export async function createUser(where: Where): Promise<SandboxUser> {
  const name = `t${process.pid}x${Math.random().toString(36).slice(2, 6)}`;
  // useradd gives up quickly when another one holds the password file. It would also hand out the id of a user that was just removed,
  // whose runtime directory logind takes away ten seconds later, under the feet of the new one: so ids go round by a counter.
  await withLock(where.lockPath, 60_000, () =>
    root(
      where,
      `uid=$(cat /srv/last-test-uid 2>/dev/null || echo 1000)
while uid=$((uid >= 1999 ? 1001 : uid + 1)); getent passwd $uid >/dev/null; do :; done
echo $uid >/srv/last-test-uid
useradd --uid $uid --create-home --shell /bin/bash ${name} && loginctl enable-linger ${name}`,
    ),
  );
  const user = await findUser(where.rootPath, name);
  await root(where, `until [ -S /run/user/${user.uid}/bus ] && systemctl is-active --quiet user@${user.uid}.service; do sleep 0.02; done`);
  return user;
}

/** Ends everything the user runs and removes it with all its files. */
export async function removeUser(where: Where, user: Pick<SandboxUser, "name" | "uid">): Promise<void> {
  await root(
    where,
    `loginctl disable-linger ${user.name} || :
systemctl kill --signal=KILL user-${user.uid}.slice 2>/dev/null || :
loginctl terminate-user ${user.name} 2>/dev/null || :
for attempt in $(seq 100); do pkill -KILL -u ${user.uid} || break; sleep 0.02; done
systemctl stop user@${user.uid}.service user-runtime-dir@${user.uid}.service
systemctl reset-failed user@${user.uid}.service 2>/dev/null || :
userdel --force ${user.name} 2>/dev/null || :
sed -i '\\# ${lentImages(user.name)} #d' /etc/fstab
! mountpoint --quiet ${lentImages(user.name)} || umount --lazy ${lentImages(user.name)}
rmdir ${lentImages(user.name)} 2>/dev/null || :
rm -rf /home/${user.name} /var/lib/systemd/linger/${user.name}`,
  );
}

/** Removes users of test processes that died before their teardown. */
export async function sweepUsers(where: Where): Promise<void> {
  const passwd = await readFile(`${where.rootPath}/etc/passwd`, "utf8");
  for (const [, name, pid, uid] of passwd.matchAll(/^(t(\d+)x[a-z0-9]+):[^:]*:(\d+):/gm)) {
    if (name === undefined || isRunning(Number(pid))) continue;
    await removeUser(where, { name, uid: Number(uid) });
    await sleep(0);
  }
}

/** Whether a process with this id exists; the ids of test processes stand in the names of what they made. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function root(where: Where, script: string): Promise<void> {
  const result = await sandboxRun({ name: where.sandbox, user: "root", argv: ["sh", "-c", script], stdio: "capture", timeoutMs: 60_000 });
  if (result.exitCode !== 0)
    throw new Error(`As root in the sandbox (exit ${result.exitCode}): ${script}\n${result.stdout}${result.stderr}`);
}
