import { spawn } from "node:child_process";
import { open } from "node:fs/promises";
import { constants } from "node:os";
import { PhoenixError } from "../domain/errors.ts";
import { layoutOf } from "./layout.ts";
import { leaderOf } from "./leader.ts";
import { childrenOf } from "./process.ts";
import { readState } from "./state.ts";
import { environmentOf, findUser } from "./user.ts";

export type SandboxRunOptions = {
  readonly name?: string;
  readonly user?: string;
  readonly argv: readonly [string, ...string[]];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** `inherit` (the default) joins our own stdin, stdout and terminal; `capture` feeds `input` and returns what was printed. */
  readonly stdio?: "inherit" | "capture";
  readonly input?: string;
  /** A file of the host to read from instead; only with `capture`. */
  readonly inputPath?: string;
  readonly timeoutMs?: number;
  /** Told every piece of output as it comes; only with `capture`. */
  readonly onOutput?: (text: string) => void;
};

/** `exitCode` follows the shell's habit for signals (128 + number); 124 = the deadline passed. The texts are empty unless captured. */
export type SandboxRunResult = { readonly exitCode: number; readonly stdout: string; readonly stderr: string; readonly timedOut: boolean };

/**
 * Entered as root, before the user is dropped: join init.scope, so that the sandbox's systemd sees a process of its own tree (its
 * services move such a process into scopes on Podman's behalf; one outside its cgroup namespace cannot be moved).
 * Then drop every variable that nobody asked for: some loaders (tap's) add theirs to each child behind our back. The values stay out of
 * the arguments, which every user of the host can read. A variable of the script's own hides the program's: one called `name` was lost.
 */
const enterScript = `echo 0 >/sys/fs/cgroup/init.scope/cgroup.procs
umask 022
cd "$1" || exit 126
unset OLDPWD
set -f
IFS='
'
for enter_line in $(export -p); do
  case $enter_line in "export "*) enter_line=\${enter_line#export } enter_line=\${enter_line%%=*} ;; *) continue ;; esac
  case $enter_line in "" | [0-9]* | *[!A-Za-z0-9_]*) continue ;; esac
  case "$2" in *" $enter_line "*) ;; *) unset "$enter_line" ;; esac
done
shift 2
exec setpriv "$@"`;

/** Runs a program inside a running sandbox and waits for it. */
export async function sandboxRun(options: SandboxRunOptions): Promise<SandboxRunResult> {
  const layout = layoutOf(options.name);
  const leader = await leaderOf(await readState(layout));
  if (leader === undefined) {
    throw new PhoenixError("sandbox-failed", `The sandbox '${layout.name}' is not running.`, {
      remedy: "Start it with `phoenix sandbox up`.",
    });
  }
  const user = await findUser(layout.rootPath, options.user ?? "phoenix");
  const credentials = [`--reuid=${user.uid}`, `--regid=${user.gid}`, "--init-groups", "--inh-caps=-all"];
  const env = { ...environmentOf(user), ...(options.stdio === "capture" ? {} : terminalEnvironment()), ...options.env };
  const names = ` ${Object.keys(env).join(" ")} `;
  const args = [
    ...["--target", String(leader), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--"],
    ...["sh", "-c", enterScript, "enter", options.cwd ?? user.home, names, ...credentials, "--", ...options.argv],
  ];
  const input = options.inputPath === undefined ? undefined : await open(options.inputPath);
  const ended = new Promise<SandboxRunResult>((resolve, reject) => {
    const captured = options.stdio === "capture";
    const child = spawn("nsenter", args, {
      stdio: captured ? [input?.fd ?? "pipe", "pipe", "pipe"] : "inherit",
      cwd: "/",
      env,
      // A group of its own can be killed whole. A terminal program must stay in ours, or the terminal stops it.
      detached: captured,
    });
    const output = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const) {
      child[stream]?.setEncoding("utf8").on("data", (text: string) => {
        output[stream] += text;
        options.onOutput?.(text);
      });
    }
    child.stdin?.on("error", () => {}).end(options.input ?? "");

    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      void kill(child.pid, captured, "SIGKILL");
      // Whoever was started in the background may still hold our pipes: they are no reason to wait.
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, options.timeoutMs ?? 2_147_483_647);
    const stopForwarding = captured ? () => {} : forwardSignals(child.pid);
    const finish = (): void => {
      clearTimeout(timer);
      stopForwarding();
    };

    child.once("error", (error) => {
      finish();
      reject(new PhoenixError("sandbox-failed", `nsenter could not be started: ${error.message}`, { cause: error }));
    });
    child.once("close", (code, signal) => {
      finish();
      const exitCode = timedOut ? 124 : (code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
      resolve({ exitCode, ...output, timedOut });
    });
  });
  return await ended.finally(() => input?.close());
}

/**
 * Our own end is asked for: pass that on and wait for the program's answer. A terminal's Ctrl-C reaches the program by itself; then it
 * is enough that we do not die first.
 */
function forwardSignals(pid: number | undefined): () => void {
  const forward = (name: NodeJS.Signals): void => {
    if (name !== "SIGINT" || process.stdin.isTTY !== true) void kill(pid, false, name);
  };
  const names = ["SIGTERM", "SIGHUP", "SIGINT"] as const;
  for (const name of names) process.on(name, forward);
  return () => {
    for (const name of names) process.off(name, forward);
  };
}

/** nsenter waits for its child and passes no signal on, so the child is signalled itself; in capture mode the whole group is. */
async function kill(pid: number | undefined, group: boolean, name: NodeJS.Signals): Promise<void> {
  if (pid === undefined) return;
  const targets = group ? [-pid] : await childrenOf(pid);
  for (const target of targets) {
    try {
      process.kill(target, name);
    } catch {
      // It ended by itself in the meantime.
    }
  }
}

function terminalEnvironment(): Readonly<Record<string, string>> {
  const { TERM, COLORTERM, NO_COLOR } = process.env;
  return {
    ...(TERM === undefined ? {} : { TERM }),
    ...(COLORTERM === undefined ? {} : { COLORTERM }),
    ...(NO_COLOR === undefined ? {} : { NO_COLOR }),
  };
}
