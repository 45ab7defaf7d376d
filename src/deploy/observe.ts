import { PhoenixError } from "../domain/errors.ts";
import { emptyGeneration, type Generation, type GenerationUnit } from "../domain/generation.ts";
import { foldLedger } from "../domain/ledger.ts";
import type { GenerationNumber, ServiceName, StackName } from "../domain/words.ts";
import type { Observed } from "../plan/observed.ts";
import type { ReadPorts } from "../ports/ports.ts";

/** Reads everything a plan looks at: the ledger, the kept generations, systemd and Podman. */
export async function observe(stack: StackName, wanted: readonly GenerationUnit[], ports: ReadPorts): Promise<Observed> {
  const ledger = foldLedger((await ports.history.read(stack)).lines);
  const [numbers, live] = await Promise.all([ports.generations.list(stack), ports.generations.live(stack)]);
  const kept = await Promise.all(numbers.map((number) => readOrNothing(stack, number, ports)));
  const current = await readGeneration(stack, ledger.current, ports);
  const pending = kept.find((generation) => generation !== undefined && generation.number === ledger.pending?.generation);
  const known = new Map<ServiceName, GenerationUnit>();
  for (const generation of [...kept, current]) for (const unit of generation?.units ?? []) known.set(unit.service, unit);
  const services = [...new Set([...known.keys(), ...wanted.map((unit) => unit.service)])];
  // Each of Podman's lists costs 50 ms of CPU: what no unit names is not asked for.
  const units = [...known.values(), ...wanted];
  const [states, containers, networks, volumes, secrets] = await Promise.all([
    ports.units.list(services),
    ports.containers.list(stack),
    units.some((unit) => unit.type === "network") ? ports.objects.networks() : [],
    units.some((unit) => unit.type === "volume") ? ports.objects.volumes() : [],
    units.some((unit) => (unit.policy?.generateSecrets ?? []).length > 0) ? ports.objects.secrets() : [],
  ]);
  return {
    ledger,
    live,
    current,
    pending,
    known,
    units: new Map(states.map((state) => [state.service, state])),
    containers,
    networks,
    volumes,
    secrets,
  };
}

/** The manifest of a generation; 0 is the empty one. */
export async function readGeneration(
  stack: StackName,
  number: GenerationNumber,
  ports: Pick<ReadPorts, "generations">,
): Promise<Generation> {
  return number === 0 ? emptyGeneration(stack) : await ports.generations.read(stack, number);
}

/** A damaged old generation must not stand in the way of a deploy that would replace it. */
async function readOrNothing(stack: StackName, number: GenerationNumber, ports: ReadPorts): Promise<Generation | undefined> {
  try {
    return await readGeneration(stack, number, ports);
  } catch (error) {
    if (error instanceof PhoenixError) return undefined;
    throw error;
  }
}
