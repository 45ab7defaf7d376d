import { PhoenixError } from "../../domain/errors.ts";
import type { ServiceName } from "../../domain/words.ts";

/** Every rehearsal carries it: what an interrupted deploy left behind is found by this label. */
export const rehearsalLabel = "phoenix.rehearse";

export function rehearsalName(service: ServiceName): string {
  return `phoenix-rehearse-${service.replace(/\.service$/u, "")}`;
}

/** `podman run` flags without a value of their own; every other one takes the next word. */
const switches: ReadonlySet<string> = new Set([
  ...["--detach", "--disable-content-trust", "--env-host", "--http-proxy", "--init", "--interactive", "--no-healthcheck"],
  ...["--no-hostname", "--no-hosts", "--oom-kill-disable", "--passwd", "--privileged", "--publish-all", "--quiet", "--read-only"],
  ...["--read-only-tmpfs", "--replace", "--rm", "--rmi", "--rootfs", "--sig-proxy", "--tls-verify", "--tty", "--unsetenv-all"],
]);
const shortSwitches = "diPqt";

/** Flags that would collide with the live container (its name, ports, addresses), or tie the rehearsal to the unit. */
const dropped: ReadonlySet<string> = new Set([
  ...["--name", "--replace", "--rm", "--rmi", "--detach", "-d", "--interactive", "-i", "--tty", "-t"],
  ...["--publish", "-p", "--publish-all", "-P", "--network-alias", "--ip", "--ip6", "--mac-address"],
  ...["--cidfile", "--conmon-pidfile", "--pidfile", "--sdnotify", "--cgroups", "--cgroup-parent", "--restart", "--pull"],
  // Without the unit's journal there is nothing to pass through to; systemd, not Podman, would restart an unhealthy container.
  ...["--log-driver", "--health-on-failure"],
]);
/** A member of a pod shares its network with the live one. */
const refused: ReadonlySet<string> = new Set(["--pod", "--pod-id-file"]);

/**
 * The arguments of the `podman run` that rehearses a service, from the words of its generated ExecStart: the same image, command,
 * environment, mounts and networks, without what only one container can have.
 */
export function rehearsalArguments(service: ServiceName, words: readonly string[]): readonly string[] {
  const start = words.indexOf("run");
  if (start < 1) throw cannot(service, "its start command is not `podman run`");
  const kept: string[] = [];
  let at = start + 1;
  while (at < words.length) {
    const word = words[at] ?? "";
    if (word === "--") {
      at += 1;
      break;
    }
    if (!word.startsWith("-") || word === "-") break;
    const flag = readFlag(word, words[at + 1]);
    at += flag.length;
    if (refused.has(flag.name)) throw cannot(service, "it runs in a pod");
    if (dropped.has(flag.name)) continue;
    kept.push(...(flag.name === "--network" || flag.name === "--net" ? ["--network", withoutAddress(flag.value ?? "")] : flag.words));
  }
  if (at >= words.length) throw cannot(service, "its start command names no image");
  return [
    ...words.slice(1, start),
    "run",
    ...["--detach", "--replace", "--restart=no", "--pull=never", "--sdnotify=ignore"],
    ...["--name", rehearsalName(service), "--label", `${rehearsalLabel}=1`],
    ...kept,
    ...words.slice(at),
  ];
}

type Flag = { readonly name: string; readonly value?: string; readonly words: readonly string[]; readonly length: 1 | 2 };

function readFlag(word: string, next: string | undefined): Flag {
  const equals = word.indexOf("=");
  if (word.startsWith("--")) {
    if (equals > 0) return { name: word.slice(0, equals), value: word.slice(equals + 1), words: [word], length: 1 };
    if (switches.has(word)) return { name: word, words: [word], length: 1 };
    return { name: word, value: next ?? "", words: [word, next ?? ""], length: 2 };
  }
  // `-itd` is three switches; `-p80:80` and `-p 80:80` are one flag with a value.
  if ([...word.slice(1)].every((letter) => shortSwitches.includes(letter))) {
    const others = [...word.slice(1)].filter((letter) => !dropped.has(`-${letter}`));
    return others.length === 0 ? { name: "-d", words: [], length: 1 } : { name: word, words: [`-${others.join("")}`], length: 1 };
  }
  const name = word.slice(0, 2);
  if (word.length > 2) return { name, value: word.slice(2), words: [word], length: 1 };
  return { name, value: next ?? "", words: [word, next ?? ""], length: 2 };
}

/** `app:ip=10.1.0.5,alias=web` -> `app`: the live container has this address and this name. */
function withoutAddress(network: string): string {
  const [name = "", options = ""] = network.split(/:(.*)/su);
  const kept = options.split(",").filter((option) => option !== "" && !/^(?:ip|ip6|mac|alias)=/u.test(option));
  return kept.length === 0 ? name : `${name}:${kept.join(",")}`;
}

function cannot(service: ServiceName, because: string): PhoenixError {
  return new PhoenixError("podman-failed", `Cannot rehearse ${service}: ${because}.`, {
    remedy: "Set `Rehearse=no` in its [X-Phoenix] section.",
  });
}
