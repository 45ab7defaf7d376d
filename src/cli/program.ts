import { Command, CommanderError } from "commander";
import { type ExitCode, exits } from "../domain/exit.ts";
import type { CliContext } from "./context.ts";
import { reportFailure } from "./failure.ts";
import { verbs } from "./verbs.ts";

/** A verb adds itself to the program; `run` wraps its action so that it only has to return an exit code. */
export type Register = (program: Command, context: CliContext, run: Run) => void;
export type Run = <A extends readonly unknown[]>(action: (...args: A) => Promise<ExitCode>) => (...args: A) => Promise<void>;

/** Builds the command tree; completion and the reference page walk the same tree. */
export function buildProgram(context: CliContext, ended: (code: ExitCode) => void): Command {
  const program = new Command("phoenix")
    .description("Deploys, heals and rolls back rootless Podman stacks through systemd and Quadlet.")
    .version(context.version)
    .showHelpAfterError("(run the command with --help)")
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: context.out, writeErr: context.err })
    .enablePositionalOptions()
    .exitOverride();
  const run: Run =
    (action) =>
    async (...args) => {
      try {
        ended(await action(...args));
      } catch (error) {
        ended(reportFailure(error, context));
      }
    };
  for (const register of verbs) register(program, context, run);
  for (const command of program.commands) inherit(command);
  return program;
}

/** Sub-commands made by hand do not inherit exitOverride and output. */
function inherit(command: Command): void {
  command.exitOverride();
  for (const child of command.commands) inherit(child);
}

/** Parses and runs one command line; never throws, never ends the process. */
export async function runCli(argv: readonly string[], context: CliContext): Promise<ExitCode> {
  let code: ExitCode = exits.done;
  const program = buildProgram(context, (ended) => {
    code = ended;
  });
  try {
    await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) return reportFailure(error, context);
    return error.exitCode === 0 ? exits.done : exits.usage;
  }
  return code;
}
