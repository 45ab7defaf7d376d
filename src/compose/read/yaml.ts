/** The text of a Compose file -> its documents as nodes with places. */
import { type Document, LineCounter } from "yaml";
import type { Issue, Place } from "../../domain/errors.ts";
import type { ComposeNode } from "../node.ts";
import { limits } from "./limits.ts";
import { syntaxSentence } from "./syntax.ts";
import { NodeBuilder, type Refuse } from "./yaml-nodes.ts";
import { type Excess, yamlDocuments } from "./yaml-tokens.ts";

/** Control characters that YAML does not allow, NUL among them. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for.
const forbidden = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\ufffe\uffff]/u;

/** The documents of a file, empty ones left out; none of them where an error was found. */
export type ParsedYaml = { readonly nodes: readonly ComposeNode[]; readonly issues: readonly Issue[] };

export function parseYaml(text: string, file: string): ParsedYaml {
  const issues: Issue[] = [];
  const refuse: Refuse = (code, message, place, remedy) => {
    issues.push({ severity: "error", code, message, place, ...(remedy === undefined ? {} : { remedy }) });
  };
  const nodes = checkText(text, file, refuse) ? readDocuments(text.replace(/^\ufeff/u, ""), file, refuse) : [];
  return { nodes: issues.length === 0 ? nodes : [], issues };
}

function checkText(text: string, file: string, refuse: Refuse): boolean {
  const size = Buffer.byteLength(text);
  if (size > limits.bytes) {
    refuse("compose-limit", `Cannot read ${file}: it is ${size} bytes long, the limit is ${limits.bytes}.`, { file });
    return false;
  }
  const control = forbidden.exec(text);
  if (control === null) return true;
  const code = control[0].charCodeAt(0).toString(16).padStart(4, "0").toUpperCase();
  refuse("compose-syntax", `A control character (U+${code}) stands here.`, { file, line: text.slice(0, control.index).split("\n").length });
  return false;
}

function readDocuments(text: string, file: string, refuse: Refuse): readonly ComposeNode[] {
  const lines = new LineCounter();
  const place = (offset: number): Place => ({ file, line: Math.max(1, lines.linePos(offset).line) });
  const documents = yamlDocuments(text, lines);
  if (isExcess(documents)) {
    refuse("compose-limit", `Cannot read ${file}: ${documents.exceeds}.`, place(documents.offset));
    return [];
  }
  return documents.flatMap((document) => {
    const error = document.errors[0];
    if (error !== undefined) {
      refuse("compose-syntax", syntaxSentence(error), place(error.pos[0]));
      return [];
    }
    const node = new NodeBuilder(place, refuse).build(document);
    return node.kind === "scalar" && node.value === null ? [] : [node];
  });
}

function isExcess(value: readonly Document.Parsed[] | Excess): value is Excess {
  return "exceeds" in value;
}
