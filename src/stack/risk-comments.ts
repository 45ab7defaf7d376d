/** A comment above every line of a unit that opens the container towards the machine. */
import type { ReportLine } from "../compose/convert.ts";
import type { Entry, UnitDocument } from "../quadlet/document.ts";

export function withRisks(document: UnitDocument, report: readonly ReportLine[]): UnitDocument {
  const risks = report.filter(({ verdict }) => verdict === "risky");
  if (risks.length === 0) return document;
  const told = new Set<ReportLine>();
  const commented = (entry: Entry): readonly Entry[] => {
    if (entry.kind !== "pair") return [entry];
    const here = risks.filter((risk) => !told.has(risk) && risk.place.file === entry.file && risk.place.line === entry.line);
    for (const risk of here) told.add(risk);
    return [...here.map((risk) => comment(risk, entry)), entry];
  };
  return { ...document, sections: document.sections.map((section) => ({ ...section, entries: section.entries.flatMap(commented) })) };
}

function comment({ key, message }: ReportLine, { file, line }: Entry): Entry {
  const text = `Risky: ${key}: ${message}`.replace(/[\p{Cc}\p{Zl}\p{Zp}]/gu, " ");
  return { kind: "comment", raw: `# ${text}\n`, file, line };
}
