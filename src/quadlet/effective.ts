import type { UnitDocument } from "./document.ts";

const silentSections: readonly RegExp[] = [/^X-/u, /^Install$/u];
const silentKeys: readonly string[] = ["Description", "Documentation"];

/**
 * What decides whether a unit restarts, as canonical text: all but comments, `[X-…]` sections, `[Install]` and the keys that only
 * describe. Order counts, layout does not; a section that comes twice counts as one.
 */
export function effectiveText(document: UnitDocument): string {
  const bodies = new Map<string, string[]>();
  for (const section of document.sections) {
    if (silentSections.some((pattern) => pattern.test(section.name))) continue;
    const lines = section.entries.flatMap((entry) =>
      entry.kind === "pair" && !(section.name === "Unit" && silentKeys.includes(entry.key)) ? [`${entry.key}=${entry.value}\n`] : [],
    );
    bodies.set(section.name, [...(bodies.get(section.name) ?? []), ...lines]);
  }
  return [...bodies].flatMap(([name, lines]) => (lines.length === 0 ? [] : [`[${name}]\n`, ...lines])).join("");
}
