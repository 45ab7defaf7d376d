import { readGeneration } from "../../deploy/observe.ts";
import { PhoenixError } from "../../domain/errors.ts";
import type { ExitCode } from "../../domain/exit.ts";
import { runnableUnits } from "../../domain/generation.ts";
import { foldLedger } from "../../domain/ledger.ts";
import type { Register } from "../program.ts";

/** `phoenix logs [SERVICE…]`: journalctl with the right units. */
export const registerLogs: Register = (program, context, run) => {
  program
    .command("logs")
    .description("the journal of services, with what Phoenix did to them")
    .argument("[service...]", "e.g. web or web.service (default: every service of every stack)")
    .option("-f, --follow", "go on as it comes")
    .option("-n, --lines <count>", "how many lines from the end", "100")
    .option("--json", "journalctl's JSON")
    .addHelpText("after", "\nExamples:\n  phoenix logs web -f\n  phoenix logs db -n 20")
    .action(
      run(async (services: string[], options: { follow?: true; lines: string; json?: true }) => {
        const ports = await context.ports();
        const known: string[] = [];
        for (const stack of await ports.history.stacks()) {
          const { current, good } = foldLedger((await ports.history.read(stack)).lines);
          const generation = await readGeneration(stack, current === 0 ? (good.at(-1) ?? 0) : current, ports);
          known.push(...runnableUnits(generation).map((unit) => unit.service));
        }
        const wanted = services.length === 0 ? known : services.map((name) => (name.includes(".") ? name : `${name}.service`));
        const unknown = wanted.find((service) => !known.includes(service));
        if (unknown !== undefined)
          throw new PhoenixError(
            "unit-missing",
            `Cannot show logs of ${unknown.slice(0, 80)}: no stack has it. There are: ${known.join(", ")}.`,
          );
        if (wanted.length === 0) throw new PhoenixError("stack-unknown", "There is no stack yet.");
        const matches = wanted.flatMap((service, index) => [
          ...(index === 0 ? [] : ["+"]),
          `_SYSTEMD_USER_UNIT=${service}`,
          "+",
          `USER_UNIT=${service}`,
          "+",
          `PHOENIX_UNIT=${service}`,
        ]);
        const flags = [
          "--user",
          `--lines=${options.lines}`,
          ...(options.follow ? ["--follow"] : ["--no-pager"]),
          ...(options.json ? ["--output=json"] : []),
        ];
        return (await context.attach(["journalctl", ...flags, ...matches])) as ExitCode;
      }),
    );
};
