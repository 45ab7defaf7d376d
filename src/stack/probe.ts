/** The probes of `[X-Phoenix]` as text. */
import type { Probe } from "../domain/policy.ts";
import { rowOf } from "../domain/table.ts";
import { splitWords } from "../quadlet/words.ts";

/** What the probe keys take, in the words of the error message. */
export const probeForms =
  "http://:PORT/PATH, https://:PORT/PATH, tcp://:PORT, postgres://:PORT, redis://:PORT, exec:COMMAND, podman: or unit: (with a host before the port the probe goes there)";

export type ParsedProbe = { readonly probe: Probe } | { readonly problem: string };

type Target = { readonly host?: string; readonly port: number };
type Scheme = { readonly port?: number; readonly make: (target: Target, path: string) => Probe; readonly hasPath: boolean };

const schemes: Readonly<Record<string, Scheme>> = {
  http: { port: 80, hasPath: true, make: (target, path) => ({ kind: "http", tls: false, ...target, path }) },
  https: { port: 443, hasPath: true, make: (target, path) => ({ kind: "http", tls: true, ...target, path }) },
  tcp: { hasPath: false, make: (target) => ({ kind: "tcp", ...target }) },
  postgres: { port: 5432, hasPath: false, make: (target) => ({ kind: "postgres", ...target }) },
  redis: { port: 6379, hasPath: false, make: (target) => ({ kind: "redis", ...target }) },
};

/** `http://:8080/health` and its like, or why the text is no probe. */
export function parseProbe(text: string): ParsedProbe {
  if (text === "podman:") return { probe: { kind: "podman" } };
  if (text === "unit:") return { probe: { kind: "unit" } };
  if (text.startsWith("exec:")) return parseExec(text.slice("exec:".length));
  const [, name = "", rest = ""] = /^([a-z]+):\/\/(.*)$/su.exec(text) ?? [];
  const scheme = rowOf(schemes, name);
  if (scheme === undefined) return { problem: `it is none of ${probeForms}` };
  const slash = rest.indexOf("/");
  const authority = slash < 0 ? rest : rest.slice(0, slash);
  const path = slash < 0 ? "/" : rest.slice(slash);
  if (authority.includes("@")) return { problem: "a probe must not carry a user name or password: it would be printed and logged" };
  if (slash >= 0 && !scheme.hasPath) return { problem: `a ${name} probe ends after its port` };
  if (!/^[\x21-\x7e]*$/u.test(path) || path.includes("#")) {
    return { problem: "its path may hold only visible ASCII characters and no #; write others as %XX" };
  }
  const target = parseTarget(authority, scheme.port);
  return "problem" in target ? target : { probe: scheme.make(target, path) };
}

function parseTarget(authority: string, fallback: number | undefined): Target | { readonly problem: string } {
  const [whole, bracketed, plain, digits] = /^(?:\[([\da-fA-F:.]+)\]|([\w.-]*))(?::(\d{1,5}))?$/u.exec(authority) ?? [];
  if (whole === undefined) return { problem: `"${authority}" is no host and port` };
  const port = digits === undefined ? fallback : Number(digits);
  if (port === undefined) return { problem: "it names no port" };
  if (port < 1 || port > 65_535) return { problem: `${port} is no port; ports are 1 to 65535` };
  const host = bracketed ?? plain ?? "";
  return host === "" ? { port } : { host, port };
}

function parseExec(command: string): ParsedProbe {
  const split = splitWords(command, "args");
  if ("problem" in split) return { problem: `its command ${split.problem}` };
  return split.words.length === 0 ? { problem: "exec: needs a command" } : { probe: { kind: "exec", argv: split.words } };
}

/** The probe as `[X-Phoenix]` writes it. */
export function showProbe(probe: Probe): string {
  switch (probe.kind) {
    case "podman":
    case "unit":
      return `${probe.kind}:`;
    case "exec":
      return `exec:${probe.argv.join(" ")}`;
    case "http":
      return `http${probe.tls ? "s" : ""}://${showHost(probe.host)}:${probe.port}${probe.path}`;
    default:
      return `${probe.kind}://${showHost(probe.host)}:${probe.port}`;
  }
}

function showHost(host: string | undefined): string {
  return host?.includes(":") === true ? `[${host}]` : (host ?? "");
}

/** Whether a probe opens a connection to the service. */
export function isNetworkProbe(probe: Probe): probe is Extract<Probe, { readonly port: number }> {
  return "port" in probe;
}
