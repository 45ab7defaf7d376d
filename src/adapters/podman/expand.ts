import { hostname, userInfo } from "node:os";
import { PhoenixError } from "../../domain/errors.ts";
import type { ServiceName } from "../../domain/words.ts";

/**
 * systemd reads a generated ExecStart once more: `%h` is the home folder, `%%` a percent sign, `$$` a dollar sign. Whoever runs
 * such words without systemd must do the same, or a rehearsal would start something else than the unit does.
 */
export function expandWords(
  words: readonly string[],
  service: ServiceName,
  environment: Readonly<Record<string, string>>,
): readonly string[] {
  const specifiers = specifiersOf(service, environment);
  return words.map((word) =>
    word
      .replace(/%(.?)/gsu, (whole, letter: string) => {
        const value = specifiers[letter];
        if (value === undefined) throw cannot(service, `systemd alone knows what ${whole} stands for`);
        return value;
      })
      .replace(/\$(\$|\{|[A-Za-z_])?/gu, (whole, next: string | undefined) => {
        if (next === "$") return "$";
        if (next === undefined) return whole;
        throw cannot(service, "its command has a variable that systemd alone knows; write $$ for a literal dollar sign");
      }),
  );
}

function cannot(service: ServiceName, because: string): PhoenixError {
  return new PhoenixError("podman-failed", `Cannot run the command of ${service} outside its unit: ${because}.`);
}

function specifiersOf(service: ServiceName, environment: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const { username, uid, gid, homedir } = userInfo();
  const home = environment["HOME"] ?? homedir;
  const base = service.replace(/\.[^.]+$/u, "");
  const state = environment["XDG_STATE_HOME"] ?? `${home}/.local/state`;
  return {
    "%": "%",
    h: home,
    t: environment["XDG_RUNTIME_DIR"] ?? `/run/user/${uid}`,
    S: state,
    L: `${state}/log`,
    C: environment["XDG_CACHE_HOME"] ?? `${home}/.cache`,
    E: environment["XDG_CONFIG_HOME"] ?? `${home}/.config`,
    T: "/tmp",
    V: "/var/tmp",
    u: username,
    U: String(uid),
    G: String(gid),
    n: service,
    N: base,
    p: base,
    P: base,
    i: "",
    I: "",
    H: hostname(),
    l: hostname().split(".")[0] ?? "",
  };
}
