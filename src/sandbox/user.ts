import { readFile } from "node:fs/promises";
import { PhoenixError } from "../domain/errors.ts";

/** A user of the sandbox, from its own /etc/passwd. */
export type SandboxUser = {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  readonly home: string;
  readonly shell: string;
};

export async function findUser(rootPath: string, name: string): Promise<SandboxUser> {
  const text = await readFile(`${rootPath}/etc/passwd`, "utf8");
  for (const line of text.split("\n")) {
    const [login, , uid, gid, , home, shell] = line.split(":");
    if (login !== name || uid === undefined || gid === undefined) continue;
    return { name, uid: Number(uid), gid: Number(gid), home: home ?? "/", shell: shell || "/bin/sh" };
  }
  throw new PhoenixError("usage", `The sandbox has no user '${name}'.`);
}

/** What a login would have given this user, and nothing of the host's environment. */
export function environmentOf(user: SandboxUser): Readonly<Record<string, string>> {
  const runtimePath = `/run/user/${user.uid}`;
  return {
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    HOME: user.home,
    USER: user.name,
    LOGNAME: user.name,
    SHELL: user.shell,
    LANG: "C.UTF-8",
    // root talks to the system manager; its runtime directory is made by logind only for a login.
    ...(user.uid === 0 ? {} : { XDG_RUNTIME_DIR: runtimePath, DBUS_SESSION_BUS_ADDRESS: `unix:path=${runtimePath}/bus` }),
  };
}
