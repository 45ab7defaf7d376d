import { type Verification, verifyStack } from "../../deploy/verify/verify.ts";
import { exits } from "../../domain/exit.ts";
import type { Register } from "../program.ts";
import { theStack } from "../stacks.ts";
import { verificationJson, verificationText } from "../verification.ts";

/** `phoenix verify [STACK]`. */
export const registerVerify: Register = (program, context, run) => {
  program
    .command("verify")
    .description("look closely whether everything is as it should be; ends with 3 when something is wrong; changes nothing")
    .argument("[stack]", "which stack (default: all)")
    .option("--json", "print JSON")
    .addHelpText(
      "after",
      "\nExamples:\n  phoenix verify\n  phoenix verify blog --json | jq '.[].checks[] | select(.outcome != \"fine\")'\n\nWhat is looked at: docs/reference/checks.md.",
    )
    .action(
      run(async (name: string | undefined, options: { json?: true }) => {
        const ports = await context.ports();
        const names = name === undefined ? await ports.history.stacks() : [await theStack(name, ports)];
        const found: Verification[] = [];
        // One after the other: each starts a dozen processes at a time as it is.
        for (const stack of names) found.push(await verifyStack(stack, ports));
        if (options.json) context.out(`${JSON.stringify(found.map(verificationJson), null, 2)}\n`);
        else if (found.length === 0) context.out("No stacks. `phoenix deploy FOLDER` makes one.\n");
        else context.out(found.map((one) => verificationText(one, context)).join("\n"));
        return found.every(({ isFine }) => isFine) ? exits.done : exits.unhealthy;
      }),
    );
};
