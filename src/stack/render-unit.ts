/** One unit's rendered text (D3). The order of the steps is the order of the lines it adds. */
import { digestLabel, type PinnedImage, type PinnedInput, stackLabel } from "../domain/generation.ts";
import type { Digest, UnitType } from "../domain/words.ts";
import { appendEntry, lookupAll, lookupLast, type UnitDocument, withoutKey, withoutSection, withValue } from "../quadlet/document.ts";
import { effectiveText } from "../quadlet/effective.ts";
import { doubleSpecials } from "../quadlet/escape.ts";
import { keyRow } from "../quadlet/keys.ts";
import { typeSection } from "../quadlet/names.ts";
import { serialiseDocument } from "../quadlet/serialise.ts";
import { isAtLeast } from "../quadlet/versions.ts";
import { sha256 } from "./digest.ts";
import { mapPaths } from "./paths.ts";
import { withPolicyLines, withRestartDefaults } from "./render-service.ts";
import { isRunnable, type Stack, type StackUnit } from "./stack.ts";

export type UnitRender = {
  readonly unit: StackUnit;
  readonly stack: Stack;
  readonly image: PinnedImage | undefined;
  readonly inputs: ReadonlyMap<string, PinnedInput>;
  readonly systemdVersion: number | undefined;
};

/** The text, and the digest of what decides about a restart: all but what the policy adds and the labels that carry the digest. */
export function renderUnit({ unit, stack, image, inputs, systemdVersion }: UnitRender): { readonly text: string; readonly digest: Digest } {
  const placed = withPaths(withImage(unit, image), unit, inputs, stack.root);
  const wanted = withTarget(withOrder(placed, unit));
  const supervised = isRunnable(unit.type) ? withRestartDefaults(wanted, systemdVersion) : wanted;
  const digest = sha256(effectiveText(supervised));
  const governed = withPolicyLines(supervised, unit);
  return { text: serialiseDocument(withLabels(governed, unit.type, { digest, stack })), digest };
}

/** An image is named by its content and never fetched at start. `AutoUpdate=` would change it behind our back. */
function withImage(unit: StackUnit, image: PinnedImage | undefined): UnitDocument {
  const section = typeSection(unit.type);
  const document = unit.type === "container" || unit.type === "kube" ? withoutKey(unit.document, section, "AutoUpdate") : unit.document;
  if (unit.image === undefined) return document;
  const named = withValue(document, section, "Image", doubleSpecials(image?.tag ?? unit.image.reference));
  return unit.type === "container" && image !== undefined ? withValue(named, section, "Pull", "never") : named;
}

/** A relative path would be looked for in the generation's own folder. */
function withPaths(document: UnitDocument, unit: StackUnit, inputs: ReadonlyMap<string, PinnedInput>, root: string): UnitDocument {
  const mapped = mapPaths(document, unit.type, (use) => {
    const fate = unit.paths.get(use.raw);
    if (fate === undefined) return undefined;
    if ("path" in fate) return fate.path;
    const input = inputs.get(fate.input);
    return input === undefined ? undefined : doubleSpecials(input.path);
  });
  if (unit.type !== "kube" || lookupLast(mapped, "Kube", "SetWorkingDirectory") === undefined) return mapped;
  // It means the folder of a file that the generation does not have; paths inside of the YAML count from the stack's folder.
  return withValue(withoutKey(mapped, "Kube", "SetWorkingDirectory"), "Service", "WorkingDirectory", doubleSpecials(root));
}

function withOrder(document: UnitDocument, unit: StackUnit): UnitDocument {
  return unit.impliedAfter.reduce((changed, service) => appendEntry(changed, "Unit", "After", service), document);
}

const target = "phoenix.target";

/** The target starts and stops every unit; networks and volumes too, so that a restart of it makes them anew where they are gone. */
function withTarget(document: UnitDocument): UnitDocument {
  const own = lookupAll(document, "Unit", "PartOf").some((value) => value.split(/\s+/u).includes(target));
  const bound = own ? document : appendEntry(document, "Unit", "PartOf", target);
  return appendEntry(withoutLastGap(withoutSection(bound, "Install")), "Install", "WantedBy", target);
}

/** The blank lines that separated what was removed from what stood before it. */
function withoutLastGap(document: UnitDocument): UnitDocument {
  const sections = document.sections.map((section, index) => {
    if (index < document.sections.length - 1) return section;
    return { ...section, entries: section.entries.slice(0, section.entries.findLastIndex((entry) => entry.kind !== "blank") + 1) };
  });
  return { ...document, sections };
}

function withLabels(
  document: UnitDocument,
  type: UnitType,
  { digest, stack }: { readonly digest: Digest; readonly stack: Stack },
): UnitDocument {
  const section = typeSection(type);
  const labels = [`${digestLabel}=${digest}`, `${stackLabel}=${stack.name}`];
  const row = keyRow(type, "Label");
  if (row === undefined) return document;
  const isKnown = stack.podmanVersion === undefined || isAtLeast(stack.podmanVersion, row.since);
  return labels.reduce(
    (changed, label) => appendEntry(changed, section, isKnown ? "Label" : "PodmanArgs", isKnown ? label : `--label ${label}`),
    document,
  );
}
