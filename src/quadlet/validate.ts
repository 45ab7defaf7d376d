/**
 * Everything that can be wrong with a unit document, told with its place before a generator or Podman sees it. The generator is silent
 * about most of this: it drops the line, the unit, or the whole directory.
 */
import type { Issue } from "../domain/errors.ts";
import { combinationIssues } from "./combinations.ts";
import { hasSection, sectionPairs, type UnitDocument } from "./document.ts";
import { validateFileName } from "./file-name.ts";
import { sectionKeys } from "./keys.ts";
import { sectionType, typeSection, type UnitType, unitTypes } from "./names.ts";
import { nearest } from "./nearest.ts";
import { unknownKeyIssue } from "./unknown-key.ts";
import { valueIssues } from "./validate-values.ts";

export type ValidateOptions = {
  readonly type: UnitType;
  /** As `podman --version` or the generator has it; without it nothing is said about versions. */
  readonly podmanVersion?: string | undefined;
};

/** All issues of a document, in the order of the file; what has no line comes first. */
export function validateDocument(document: UnitDocument, options: ValidateOptions): readonly Issue[] {
  const fileName = document.file.slice(document.file.lastIndexOf("/") + 1);
  const issues: Issue[] = [
    ...validateFileName(fileName).map((issue) => ({ ...issue, place: { file: document.file } })),
    ...sectionIssues(document, options.type),
    ...keyIssues(document, options.type),
    ...valueIssues(document, options),
    ...combinationIssues(document, options),
  ];
  return issues.sort((a, b) => fileOrder(document, a) - fileOrder(document, b) || (a.place?.line ?? 0) - (b.place?.line ?? 0));
}

/** The unit's own file first, then its drop-ins. */
function fileOrder(document: UnitDocument, issue: Issue): number {
  return issue.place === undefined || issue.place.file === document.file ? 0 : 1;
}

const commonSections: readonly string[] = ["Unit", "Service", "Install", "Quadlet"];

function sectionIssues(document: UnitDocument, type: UnitType): readonly Issue[] {
  const own = typeSection(type);
  if (document.sections.length === 0) {
    const message = `The file is empty: a .${type} file needs a [${own}] section.`;
    return [{ severity: "error", code: "unit-syntax", message, place: { file: document.file } }];
  }
  const missing: Issue[] = hasSection(document, own)
    ? []
    : [{ severity: "error", code: "unit-syntax", message: `A .${type} file needs a [${own}] section.`, place: { file: document.file } }];
  const seen = new Set<string>();
  const found = document.sections.flatMap(({ name, file, line }): readonly Issue[] => {
    const place = { file, line };
    const isKnown = name === own || commonSections.includes(name) || name.startsWith("X-");
    const isRepeated = seen.has(`${file}:${name}`);
    seen.add(`${file}:${name}`);
    if (isKnown && !isRepeated) return [];
    if (isKnown) return [{ severity: "warning", code: "unit-syntax", message: `[${name}] comes twice; both count as one.`, place }];
    return [
      { severity: "error", code: "unit-syntax", message: `[${name}] is no section of a .${type} file${sectionHint(name, own)}`, place },
    ];
  });
  return [...missing, ...found];
}

function sectionHint(name: string, own: string): string {
  const type = sectionType(name);
  if (type !== undefined) return `; it belongs to .${type} files.`;
  const near = nearest(name, [own, ...commonSections, ...unitTypes.map(typeSection)]);
  return near === undefined ? "." : `; did you mean [${near}]?`;
}

function keyIssues(document: UnitDocument, type: UnitType): readonly Issue[] {
  const names = [...new Set(document.sections.map((section) => section.name))];
  return names.flatMap((section) => {
    const known = sectionKeys(type, section);
    return sectionPairs(document, section).flatMap((pair) => {
      const issue = unknownKeyIssue({ type, section, known, pair });
      return issue === undefined ? [] : [issue];
    });
  });
}
