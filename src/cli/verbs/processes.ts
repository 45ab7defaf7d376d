import { exits } from "../../domain/exit.ts";
import type { Register } from "../program.ts";

/** The long-running entries; systemd starts them, a person hardly ever does. */
export const registerProcesses: Register = (program, context, run) => {
  program.command("agent", { hidden: true }).description("The healing agent; started by phoenix.service").action(run(context.agent));
  program
    .command("prober", { hidden: true })
    .description("Probes from inside the rootless network namespace; started by phoenix-prober.service")
    .action(run(context.prober));
  program
    .command("probe-once", { hidden: true })
    .description("One question from standard input; started inside a container's network")
    .action(
      run(async () => {
        await context.probeOnce();
        return exits.done;
      }),
    );
};
