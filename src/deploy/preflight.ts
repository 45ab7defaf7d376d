import { checkNames } from "../check/names.ts";
import { checkPorts } from "../check/ports.ts";
import { checkSubnets } from "../check/subnets.ts";
import type { Issue } from "../domain/errors.ts";
import type { Generation, GenerationUnit } from "../domain/generation.ts";
import type { Observed } from "../plan/observed.ts";
import type { ReadPorts } from "../ports/ports.ts";
import { missingArguments } from "../quadlet/expected.ts";
import { parseDocument } from "../quadlet/parse.ts";

export type Preflight = {
  readonly issues: readonly Issue[];
  /** Generated service texts by service name. */
  readonly generated: ReadonlyMap<string, string>;
};

type Candidate = Pick<Generation, "units" | "stack">;

/** Everything that can be proven without touching anything: the real generator, systemd's own verifier, and the machine's facts. */
export async function preflight(
  candidate: Candidate,
  observed: Observed,
  ports: Pick<ReadPorts, "generator" | "host">,
): Promise<Preflight> {
  const files = new Map(candidate.units.map((unit) => [unit.file, unit.text]));
  const objects = new Map(candidate.units.map((unit) => [unit.file, unit.object]));
  const { units, messages } = await ports.generator.generate(files);
  const generated = new Map(units.map((unit) => [unit.service, unit.text]));
  const [verified, foreign, interfaces, listeners] = await Promise.all([
    ports.generator.verify(units),
    ports.host.foreignUnits(candidate.units.map((unit) => unit.service)),
    ports.host.subnets(),
    ports.host.listeners(),
  ]);
  const issues: Issue[] = [
    ...messages.map((message) => refusal(candidate.units, `Podman's generator says: ${message}`)),
    ...candidate.units
      .filter((unit) => !generated.has(unit.service))
      .map((unit) => refusal([unit], `Podman's generator makes no ${unit.service} of ${unit.file}.`)),
    ...candidate.units.flatMap((unit) => lostArguments(unit, generated.get(unit.service), objects)),
    ...verified.messages.map((message) => refusal(candidate.units, `systemd says: ${message}`)),
    ...verified.foreign.map(
      (message): Issue => ({ ...refusal([], `systemd says of a unit that is not Phoenix's: ${message}`), severity: "warning" }),
    ),
    ...checkNames(candidate.units, foreign),
    ...checkSubnets(candidate.units, { networks: observed.networks, interfaces }),
    ...checkPorts(candidate.units, { listeners, ours: observed.current.units.flatMap((unit) => unit.ports) }),
  ];
  return { issues: once(issues), generated };
}

/** The file that a message is about is the one it names. */
function refusal(units: readonly GenerationUnit[], message: string): Issue {
  const unit =
    units.find((other) => message.includes(other.file) || message.includes(other.service)) ?? (units.length === 1 ? units[0] : undefined);
  return { severity: "error", code: "generator-refused", message, ...(unit === undefined ? {} : { place: { file: unit.file } }) };
}

function lostArguments(unit: GenerationUnit, generated: string | undefined, objects: ReadonlyMap<string, string>): readonly Issue[] {
  const { document } = parseDocument(unit.text, unit.file);
  if (generated === undefined || document === undefined) return [];
  return missingArguments(document, unit.type, generated, { objects }).map(
    (line): Issue => ({
      severity: "error",
      code: "argument-lost",
      message: `Cannot keep ${line.split("=", 1)[0] ?? ""}=: Podman's generator drops the line.`,
      place: { file: unit.file },
    }),
  );
}

function once(issues: readonly Issue[]): readonly Issue[] {
  return [...new Map(issues.map((issue) => [`${issue.code} ${issue.message}`, issue])).values()];
}
