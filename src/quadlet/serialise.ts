import type { UnitDocument } from "./document.ts";

/** The text of a document; for one that came from `parseDocument` the very same text. */
export function serialiseDocument(document: UnitDocument): string {
  const pieces = [
    ...document.preamble.map((entry) => entry.raw),
    ...document.sections.flatMap((section) => [
      ...section.lead.map((entry) => entry.raw),
      section.raw,
      ...section.entries.map((entry) => entry.raw),
    ]),
  ];
  // Only the last line of a file may lack its line ending; where something was added behind it, it needs one.
  return pieces.map((piece, index) => (index === pieces.length - 1 || piece.endsWith("\n") ? piece : `${piece}\n`)).join("");
}
