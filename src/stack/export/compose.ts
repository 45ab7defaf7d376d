/** A stack as a Compose file for podman-compose: what Compose has a word for, and a list of the rest. */
import type { Comment, ComposeData } from "../../compose/write/text.ts";
import { writeCompose } from "../../compose/write/text.ts";
import { lookupAll, lookupLast } from "../../quadlet/document.ts";
import type { Stack, StackUnit } from "../stack.ts";
import { buildFields } from "./builds.ts";
import { containerService, type Tops } from "./container.ts";
import type { ExportContext, LeftOut } from "./context.ts";

export type Exported = { readonly text: string; readonly leftOut: readonly LeftOut[] };

export type ExportOptions = {
  readonly stack: Stack;
  /** Absolute folder where the file will lie: relative paths count from it. */
  readonly target: string;
};

/** The file, and everything of the units that it does not say. */
export function exportCompose({ stack, target }: ExportOptions): Exported {
  const leftOut: LeftOut[] = [];
  const containers = stack.units.filter(({ type }) => type === "container");
  const prefix = `${stack.name}-`;
  const hasPrefix = containers.every(({ name }) => name.startsWith(prefix) && name.length > prefix.length);
  const context: ExportContext = {
    stack,
    folders: { root: stack.root, target },
    serviceOf: ({ name }) => (hasPrefix ? name.slice(prefix.length) : name),
    leave: ({ file }, pair, because, value = pair.value) =>
      leftOut.push({ unit: file, what: `${pair.key}=${value}`, because, place: { file: pair.file, line: pair.line } }),
  };
  const tops: Tops = { networks: new Map(), volumes: new Map(), secrets: new Map() };
  const services = containers.map((unit) => [context.serviceOf(unit), containerService(unit, tops, context)] as const);
  const bases = baseBuilds(stack).map((unit) => [unit.name, baseService(unit, context)] as const);
  leavePods(stack, leftOut);
  const text = writeCompose({
    head: headLines(stack, bases.length > 0),
    data: {
      name: stack.name,
      // Containers of one pod cannot have user namespaces of their own.
      "x-podman": { in_pod: false },
      services: Object.fromEntries([...bases, ...services]),
      ...topLevel("networks", tops.networks),
      ...topLevel("volumes", tops.volumes),
      ...topLevel("secrets", tops.secrets),
    },
    comments: [
      ...containers.map((unit) => serviceComment(unit, context, leftOut)),
      ...bases.map(([name]): Comment => ({ path: ["services", name], lines: ["Only an image that others are built on."] })),
      {
        path: ["secrets"],
        lines: ["Podman secrets. One that is missing: head -c 32 /dev/urandom | base64 -w0 | podman secret create NAME -"],
      },
    ],
  });
  return { text, leftOut };
}

function headLines(stack: Stack, hasBases: boolean): readonly string[] {
  return [
    `The stack ${stack.name} for podman-compose, written by \`phoenix export compose\`. Change the Quadlet files and export again.`,
    "What Compose has no word for stands above each service. `x-phoenix` is read by Phoenix and by nobody else.",
    ...(hasBases ? ["Images that others are built on come first: podman-compose --profile images build NAME."] : []),
  ];
}

function topLevel(key: string, named: ReadonlyMap<string, ComposeData>): Readonly<Record<string, ComposeData>> {
  return named.size === 0 ? {} : { [key]: Object.fromEntries([...named].sort(([a], [b]) => (a < b ? -1 : 1))) };
}

function serviceComment(unit: StackUnit, context: ExportContext, leftOut: readonly LeftOut[]): Comment {
  const description = lookupLast(unit.document, "Unit", "Description");
  const own = leftOut.filter(({ unit: file }) => file === unit.file || file === imageMaker(unit));
  const without = own.length === 0 ? [] : [`Not said here: ${own.map(({ what }) => what).join(", ")}`];
  return { path: ["services", context.serviceOf(unit)], lines: [...(description === undefined ? [] : [description]), ...without] };
}

function imageMaker({ image }: StackUnit): string | undefined {
  return image === undefined || image.kind === "reference" ? undefined : image.file;
}

/** Builds that no container names: others stand on them. */
function baseBuilds(stack: Stack): readonly StackUnit[] {
  const named = new Set(stack.units.map(imageMaker));
  return stack.units.filter(({ type, file }) => type === "build" && !named.has(file));
}

function baseService(unit: StackUnit, context: ExportContext): ComposeData {
  const [tag] = lookupAll(unit.document, "Build", "ImageTag");
  return { ...(tag === undefined ? {} : { image: tag }), build: buildFields(unit, context), profiles: ["images"] };
}

function leavePods({ units }: Stack, leftOut: LeftOut[]): void {
  const reasons: Readonly<Record<string, string>> = {
    pod: "Compose has no pods: its first container has the ports and networks, and the others share them",
    kube: "Compose cannot run Kubernetes YAML",
  };
  for (const { type, file } of units) {
    const because = reasons[type];
    if (because !== undefined) leftOut.push({ unit: file, what: file, because, place: { file } });
  }
}
