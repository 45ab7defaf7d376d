import type { Containers } from "../../ports/machine.ts";
import { runProgram } from "../host/program.ts";
import type { Podman } from "./run.ts";

const timeoutMs = 5_000;
const lines = 8;
const longestLine = 300;

/** What a service or a rehearsal printed last. Best effort: whoever asks has an error to tell already. */
export function lastWords(podman: Podman): Containers["lastWords"] {
  return async (of) => {
    const argv: readonly [string, ...string[]] =
      "container" in of
        ? ["podman", "logs", `--tail=${lines}`, "--", of.container]
        : [
            "journalctl",
            "--user",
            "--quiet",
            "--output=cat",
            `--lines=${lines * 2}`,
            `--since=@${Math.floor(of.sinceMs / 1000)}`,
            // Whoever runs next under the same name may speak before journalctl has looked.
            `--until=@${(Date.now() / 1000).toFixed(3)}`,
            ...matches(of),
          ];
    const { stdout, stderr } = await runProgram({ argv, environment: podman.environment, timeoutMs });
    return [...stdout.split("\n"), ...("container" in of ? stderr.split("\n") : [])]
      .map((line) => line.trimEnd().slice(0, longestLine))
      .filter((line) => line !== "" && !/^[0-9a-f]{64}$/u.test(line))
      .slice(-lines);
  };
}

/** conmon writes under the container's name, a passed-through output comes under the unit's; Podman's own lines have another. */
function matches({ service, object }: { readonly service: string; readonly object: string }): readonly string[] {
  const names = new Set([service.replace(/\.service$/u, ""), object]);
  return [`_SYSTEMD_USER_UNIT=${service}`, ...[...names].map((name) => `SYSLOG_IDENTIFIER=${name}`)];
}
