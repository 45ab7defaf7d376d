/** Units that were read -> a stack: what they mean together. Compose files arrive here too. */
import type { Issue } from "../domain/errors.ts";
import type { ServiceName, StackName, UnitFileName } from "../domain/words.ts";
import { lookupPairs, type UnitDocument } from "../quadlet/document.ts";
import { nameKey, parseUnitFileName, typeSection, type UnitFileName as UnitName } from "../quadlet/names.ts";
import { withServiceNames } from "./dependencies.ts";
import { findCycle, linkUnits } from "./graph.ts";
import { buildIssues, imageOf } from "./image-makers.ts";
import { sortPaths } from "./inputs.ts";
import { noticesOf } from "./notices.ts";
import { networksOf, objectIssues, objectOf, volumesOf } from "./objects.ts";
import { readPolicy } from "./policy.ts";
import { portClashes, readPorts } from "./ports.ts";
import { knownNames, type Reference, referenceIssues, referencesOf, serviceOf } from "./references.ts";
import { baseRoute } from "./route.ts";
import { isImageMaker, isRunnable, type Stack, type StackUnit } from "./stack.ts";
import type { Tree } from "./tree.ts";
import { duplicateObjects, duplicateServices, nameIssues } from "./unit-names.ts";
import { lastValue } from "./values.ts";

export type WrittenUnit = UnitName & {
  readonly file: UnitFileName;
  /** Drop-ins folded in. */
  readonly document: UnitDocument;
  /** Its lines have no syntax errors. */
  readonly isReadable: boolean;
};

export type AssembleOptions = {
  readonly name: StackName;
  readonly tree: Tree;
  readonly units: readonly WrittenUnit[];
  /** Every unit file of the folder, those that could not be read included. */
  readonly knownFiles: readonly UnitFileName[];
  readonly others: ReadonlyMap<UnitFileName, string>;
  readonly podmanVersion: string | undefined;
};

/** The stack, and what is wrong with its units together. With errors among the issues the stack is not to be used. */
export function assembleStack(options: AssembleOptions): { readonly stack: Stack; readonly issues: readonly Issue[] } {
  const { name, tree, knownFiles, others, podmanVersion } = options;
  const makers = new Map(options.units.filter((unit) => isImageMaker(unit.type)).map((unit) => [unit.file, unit.document]));
  const objects = new Map([...others, ...options.units.map((unit) => [unit.file, objectOf(unit.document, unit)] as const)]);
  const sorted = sortPaths(
    tree,
    options.units.filter((unit) => unit.isReadable),
  );
  const known = knownNames(knownFiles, [...others.keys()]);
  const read = options.units.map((unit) => {
    const { policy, issues: policyIssues } = readPolicy(unit.document, unit.type);
    const { need, issues: imageIssues } = imageOf(unit.document, unit.type, makers);
    const { ports, issues: portIssues } = readPorts(unit.document, unit.type);
    const object = objects.get(unit.file) ?? unit.name;
    const references = referencesOf(unit.document, unit.type);
    const own = unit.isReadable ? [...policyIssues, ...imageIssues, ...portIssues, ...objectIssues(unit.document, unit.type, object)] : [];
    const build = unit.type === "build" && unit.isReadable ? buildIssues(unit.document, tree) : [];
    const issues = [...nameIssues(unit), ...own, ...build, ...referenceIssues(references, known)];
    const networks = networksOf(unit.document, unit.type, objects);
    const parts = { ...(policy === undefined ? {} : { policy }), ...(need === undefined ? {} : { image: need }) };
    return { ...unit, ...parts, object, ports, references, networks, volumes: volumesOf(unit.document, unit.type, objects), issues };
  });
  const live = read.filter((unit) => !isImageMaker(unit.type));
  // What runs waits for no build: its image is there before anything is started.
  const links = new Map([...linkUnits(live), ...linkUnits(read.filter((unit) => isImageMaker(unit.type)))]);
  const services = new Set(read.filter((unit) => isRunnable(unit.type)).map((unit) => unit.service));
  const cycle = findCycle([...links].map(([service, { after }]) => ({ service, after })));
  const byObject = new Map(read.filter((unit) => unit.type === "network").map((unit) => [unit.object, unit.document]));
  const units = read.map(({ isReadable: _, issues: __, references, ...unit }): StackUnit => {
    const { after = [], requires = [], implied = [] } = links.get(unit.service) ?? {};
    const podFile = unit.type === "container" ? lastValue(unit.document, "container", "Pod") : undefined;
    const pod = read.find((other) => other.file === podFile);
    return {
      ...unit,
      document: withServiceNames(unit.document, references),
      paths: sorted.fates.get(unit.file) ?? new Map(),
      after,
      requires,
      impliedAfter: implied,
      ...(unit.policy === undefined ? {} : { route: baseRoute(unit, { pod, network: (object) => byObject.get(object) }) }),
    };
  });
  const issues = [
    ...sourceEmpty(knownFiles),
    ...read.flatMap((unit) => unit.issues),
    ...read.filter((unit) => unit.isReadable).flatMap((unit) => noticesOf(unit, services)),
    ...sorted.issues,
    ...duplicateServices(read),
    ...duplicateObjects(read.map((unit) => ({ ...unit, ...lineOfName(unit) }))),
    ...portClashes(live),
    ...(cycle === undefined ? [] : [cycleIssue(cycle, read)]),
  ];
  return { stack: { name, root: tree.root, podmanVersion, units, inputs: sorted.inputs }, issues };
}

function sourceEmpty(knownFiles: readonly UnitFileName[]): readonly Issue[] {
  if (knownFiles.some((file) => isRunnable(parseUnitFileName(file)?.type ?? "image"))) return [];
  return [
    { severity: "error", code: "source-empty", message: "Cannot find a service in the folder: it has no .container, .pod or .kube file." },
  ];
}

type Ordered = Pick<StackUnit, "file" | "service"> & { readonly references: readonly Reference[] };

function cycleIssue(cycle: readonly ServiceName[], units: readonly Ordered[]): Issue {
  const [first, second] = cycle;
  const find = (service: ServiceName | undefined): Ordered | undefined => units.find((unit) => unit.service === service);
  const pointing = (unit: Ordered | undefined, target: ServiceName | undefined, isBefore: boolean): Reference | undefined =>
    unit?.references.find((one) => serviceOf(one.target) === target && (one.kind === "Before") === isBefore);
  const pair = (pointing(find(first), second, false) ?? pointing(find(second), first, true))?.pair;
  const place = pair === undefined ? { file: find(first)?.file ?? "" } : { file: pair.file, line: pair.line };
  return { severity: "error", code: "unit-cycle", message: `Cannot order the services: ${cycle.join(" waits for ")}.`, place };
}

function lineOfName({ document, type }: Pick<StackUnit, "document" | "type">): { readonly line?: number } {
  const pair = lookupPairs(document, typeSection(type), nameKey(type) ?? "").at(-1);
  return pair === undefined ? {} : { line: pair.line };
}
