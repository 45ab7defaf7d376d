import { type Command, InvalidArgumentError } from "commander";
import { type ExitCode, exits } from "../../domain/exit.ts";
import type { Register } from "../program.ts";

/** `phoenix sandbox up|run|images|status|down`: the throw-away Debian machine. */
export const registerSandbox: Register = (program, context, run) => {
  const progress = (line: string): void => context.err(`${line}\n`);
  const named = (command: Command): Command => command.option("--name <name>", "which one, where there are several", readName, "phoenix");
  const sandbox = program
    .command("sandbox")
    .description("A throw-away Debian machine with a real user manager and rootless Podman (Linux, root)")
    .enablePositionalOptions()
    .addHelpText(
      "after",
      "\nExamples:\n  phoenix sandbox up --bind /srv/app:/opt/app\n  phoenix sandbox run -- systemctl --user status\n  phoenix sandbox down --delete",
    );
  named(sandbox.command("up"))
    .description("boot it, or say that it runs")
    .option("--port <port...>", "ports inside that the host reaches on its loopback (default: 8080 3000 8000)", collectPort)
    .option("--bind <host:inside...>", "host folders to show inside, read-only", collectBind)
    .action(
      run(async (options: { name: string; port?: number[]; bind?: Bind[] }) => {
        await context.sandbox.up({
          name: options.name,
          ...(options.port === undefined ? {} : { ports: options.port }),
          ...(options.bind === undefined ? {} : { bindReadOnly: options.bind }),
          onProgress: progress,
        });
        return exits.done;
      }),
    );
  named(sandbox.command("run"))
    .description("run a command inside and end with its exit code")
    .option("--user <name>", "the user inside", "phoenix")
    .argument("<command...>")
    .passThroughOptions()
    .action(
      run(async ([first, ...rest]: string[], options: { name: string; user: string }) => {
        const { exitCode } = await context.sandbox.run({ name: options.name, user: options.user, argv: [first ?? "true", ...rest] });
        // The command's own code, which need not be one of ours.
        return exitCode as ExitCode;
      }),
    );
  named(sandbox.command("images"))
    .description("load stand-ins for base images that no registry can be asked for")
    .option("--user <name>", "for which user inside", "phoenix")
    .argument("<reference...>")
    .action(
      run(async (references: string[], options: { name: string; user: string }) => {
        await context.sandbox.images({ name: options.name, references, user: options.user, onProgress: progress });
        return exits.done;
      }),
    );
  named(sandbox.command("status"))
    .description("what it is doing, as JSON")
    .action(
      run(async (options: { name: string }) => {
        context.out(`${JSON.stringify(await context.sandbox.status(options), null, 2)}\n`);
        return exits.done;
      }),
    );
  named(sandbox.command("down"))
    .description("power it off")
    .option("--delete", "remove its files too; the cached root filesystem stays", false)
    .action(
      run(async (options: { name: string; delete: boolean }) => {
        await context.sandbox.down({ name: options.name, delete: options.delete, onProgress: progress });
        return exits.done;
      }),
    );
};

type Bind = { readonly hostPath: string; readonly path: string };

/** The name becomes part of paths and of a network namespace's name. */
function readName(text: string): string {
  if (!/^[a-z0-9][a-z0-9-]{0,29}$/.test(text)) throw new InvalidArgumentError("Use lower-case letters, digits and `-`, at most 30.");
  return text;
}

function collectPort(text: string, before: number[] | undefined): number[] {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new InvalidArgumentError("A port is a number from 1 to 65535.");
  return [...(before ?? []), port];
}

function collectBind(text: string, before: Bind[] | undefined): Bind[] {
  const [hostPath, path, ...rest] = text.split(":");
  if (!hostPath?.startsWith("/") || !path?.startsWith("/") || rest.length > 0)
    throw new InvalidArgumentError("Write HOST:INSIDE with two absolute paths.");
  return [...(before ?? []), { hostPath, path }];
}
