import { type StackStatus, stackStatus } from "../../deploy/status.ts";
import { type ExitCode, exits } from "../../domain/exit.ts";
import { showDuration } from "../../domain/time.ts";
import type { CliContext } from "../context.ts";
import { paint } from "../paint.ts";
import { printable } from "../printable.ts";
import type { Register } from "../program.ts";
import { theStack } from "../stacks.ts";
import { telemetryOf, telemetryText } from "../telemetryStatus.ts";

type Options = { readonly json?: true; readonly watch?: true };

/** `phoenix status [STACK]`. */
export const registerStatus: Register = (program, context, run) => {
  program
    .command("status")
    .description("what runs, since when, and whether it is healthy; ends with 3 when something is not")
    .argument("[stack]", "which stack (default: all)")
    .option("--watch", "again every two seconds, until Ctrl-C")
    .option("--json", "print JSON")
    .addHelpText("after", "\nExamples:\n  phoenix status\n  phoenix status blog --json")
    .action(
      run(async (name: string | undefined, options: Options) => {
        let code = await once(name, options, context);
        while (options.watch && !context.interrupted.aborted) {
          await (await context.ports()).clock.sleep(2000, context.interrupted);
          if (context.interrupted.aborted) break;
          if (context.isTerminal && !options.json) context.out("\u001b[2J\u001b[H");
          code = await once(name, options, context);
        }
        return code;
      }),
    );
};

async function once(name: string | undefined, options: Options, context: CliContext): Promise<ExitCode> {
  const ports = await context.ports();
  const names = name === undefined ? await ports.history.stacks() : [await theStack(name, ports)];
  const [agent, ...stacks] = await Promise.all([context.askAgent(), ...names.map((stack) => stackStatus(stack, ports))]);
  const telemetry = telemetryOf(agent);
  const now = ports.clock.now();
  if (options.json) context.out(`${JSON.stringify({ stacks, telemetry }, null, 2)}\n`);
  else if (stacks.length === 0) context.out("No stacks. `phoenix deploy FOLDER` makes one.\n");
  else context.out(stacks.map((stack) => statusText(stack, now, context)).join("\n"));
  if (!options.json && telemetry?.state === "on") context.out(`\n${telemetryText(telemetry, now, context)}\n`);
  return stacks.every((stack) => stack.healthy && stack.pending === null) ? exits.done : exits.unhealthy;
}

const outcomeColors = {
  healthy: "green",
  starting: "yellow",
  notReady: "yellow",
  unhealthy: "red",
  failed: "red",
  stopped: "gray",
  unknown: "yellow",
} as const;

function statusText(status: StackStatus, now: number, context: CliContext): string {
  const age = status.since === 0 ? "" : ` since ${showDuration(now - status.since)}`;
  const head = `${paint(context, "bold", status.stack)}  generation ${status.generation}${age}${status.pending === null ? "" : `, a change to generation ${status.pending} is under way`}\n`;
  if (status.services.length === 0) return `${head}  nothing runs\n`;
  const width = Math.max(...status.services.map((service) => service.service.length));
  const rows = status.services.map((service) => {
    const up = service.since === 0 ? "" : `up ${showDuration(now - service.since)}`;
    const health = paint(context, outcomeColors[service.health], service.health.padEnd(9));
    return `  ${service.service.padEnd(width)}  ${health}  ${up.padEnd(11)}  ${service.ports.join(" ").padEnd(15)}  ${printable(service.because)}\n`;
  });
  return head + rows.join("");
}
