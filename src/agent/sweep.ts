import type { StackName } from "../domain/words.ts";
import type { Ports } from "../ports/ports.ts";

const rehearsalLabel = "phoenix.rehearse";

/**
 * Removes rehearsals that an interrupted deploy left behind. One that was not there the last time may belong to a deploy that goes on
 * right now (a rehearsal needs no lane), so only those seen twice go. Returns what to hand in the next time.
 */
export async function sweepRehearsals(
  stacks: readonly StackName[],
  suspects: ReadonlySet<string>,
  { containers, journal }: Pick<Ports, "containers" | "journal">,
): Promise<ReadonlySet<string>> {
  const found = (await Promise.all(stacks.map((stack) => containers.list(stack)))).flat();
  const rehearsals = found.filter(({ labels }) => labels[rehearsalLabel] === "1");
  for (const { id, name } of rehearsals.filter(({ id }) => suspects.has(id))) {
    await containers.remove(id);
    journal.say(5, `Removed ${name}, which an interrupted deploy left behind.`);
  }
  return new Set(rehearsals.map(({ id }) => id).filter((id) => !suspects.has(id)));
}
