/** Text -> YAML documents, refused while it is still cheap to do so: nothing here goes deeper or longer than the limits. */
import { Composer, type CST, type Document, Lexer, type LineCounter, Parser } from "yaml";
import { limits } from "./limits.ts";

/** What a file broke; `offset` is where. */
export type Excess = { readonly exceeds: string; readonly offset: number };

/** The parser's own stack holds the document and a block's current scalar beside the collections. */
const besidesCollections = 2;

export function yamlDocuments(text: string, lines: LineCounter): readonly Document.Parsed[] | Excess {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  const tokens: CST.Token[] = [];
  let count = 0;
  for (const word of new Lexer().lex(text)) {
    for (const token of parser.next(word)) tokens.push(token);
    count += 1;
    if (count > limits.tokens) return { exceeds: `it has more than ${limits.tokens} words and marks`, offset: parser.offset };
    if (parser.stack.length > limits.depth + besidesCollections)
      return { exceeds: `more than ${limits.depth} collections lie within each other`, offset: parser.offset };
  }
  for (const token of parser.end()) tokens.push(token);
  // Strings only: what a plain word means is decided in scalar.ts. Doubled keys are looked for with both lines in yaml.ts.
  const composer = new Composer({ schema: "failsafe", uniqueKeys: false, prettyErrors: false, logLevel: "silent" });
  return [...composer.compose(tokens, false, text.length)].filter((document): document is Document.Parsed => "contents" in document);
}
