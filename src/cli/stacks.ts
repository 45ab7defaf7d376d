import { PhoenixError } from "../domain/errors.ts";
import { isStackName, type StackName } from "../domain/words.ts";
import type { ReadPorts } from "../ports/ports.ts";

/** The stack a person means: the one named, or the only one there is. */
export async function theStack(name: string | undefined, ports: Pick<ReadPorts, "history">): Promise<StackName> {
  const stacks = await ports.history.stacks();
  if (name === undefined) {
    const [only] = stacks;
    if (only !== undefined && stacks.length === 1) return only;
    throw new PhoenixError(
      only === undefined ? "stack-unknown" : "usage",
      only === undefined ? "There is no stack yet." : `Say which stack: ${stacks.join(", ")}.`,
      only === undefined ? { remedy: "`phoenix deploy FOLDER` makes one." } : {},
    );
  }
  if (!isStackName(name)) throw new PhoenixError("stack-name", `Cannot use '${name.slice(0, 60)}': it is no stack name.`);
  if (!stacks.includes(name))
    throw new PhoenixError(
      "stack-unknown",
      `Cannot find a stack '${name}': ${stacks.length === 0 ? "there is none" : `there are ${stacks.join(", ")}`}.`,
    );
  return name;
}
