/** A Compose file as text: plain data, and comments above the places they speak of. */
import { Document, isMap, isScalar, isSeq, type Pair, Scalar, visit } from "yaml";

export type ComposeData = string | number | boolean | null | readonly ComposeData[] | { readonly [key: string]: ComposeData };

/** A comment stands above the key that its path leads to. */
export type Comment = { readonly path: readonly string[]; readonly lines: readonly string[] };

export type ComposeText = { readonly head: readonly string[]; readonly data: ComposeData; readonly comments: readonly Comment[] };

export function writeCompose({ head, data, comments }: ComposeText): string {
  const document = new Document(data);
  document.commentBefore = commentText(head);
  for (const { path, lines } of comments) comment(document, path, lines);
  visit(document, { Scalar: (_, node) => quoteDoubtful(node), Pair: (_, pair) => onOneLine(pair) });
  for (const blocks of [document.contents, document.getIn(["services"], true)]) {
    for (const pair of isMap(blocks) ? blocks.items.slice(1) : []) spaceBefore(pair);
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
}

function comment(document: Document, path: readonly string[], lines: readonly string[]): void {
  const parent = document.getIn(path.slice(0, -1), true);
  const pair = isMap(parent) ? parent.items.find(({ key }) => isScalar(key) && key.value === path.at(-1)) : undefined;
  if (lines.length > 0 && pair !== undefined && isScalar(pair.key)) pair.key.commentBefore = commentText(lines);
}

function spaceBefore({ key }: Pair): void {
  if (isScalar(key)) key.spaceBefore = true;
}

function commentText(lines: readonly string[]): string {
  return lines.map((line) => ` ${line.replace(/\p{Cc}/gu, " ")}`).join("\n");
}

/** Commands, and lists of a few names. */
const lines = new Set(["test", "command", "entrypoint", "cap_add", "cap_drop", "security_opt", "profiles"]);

function onOneLine({ key, value }: Pair): void {
  if (isScalar(key) && lines.has(String(key.value)) && isSeq(value)) value.flow = true;
}

/** YAML 1.1, which podman-compose reads, takes these for numbers, times or switches. */
const doubtful = /^(?:[-+]?[\d_.:]+|0[xob][\da-f_]+|y|n|yes|no|on|off|true|false|null|~)$/iu;

function quoteDoubtful(node: Scalar): void {
  if (typeof node.value === "string" && doubtful.test(node.value)) node.type = Scalar.QUOTE_DOUBLE;
}
