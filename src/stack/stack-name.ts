import { posix } from "node:path";
import type { Issue } from "../domain/errors.ts";
import { isStackName, type StackName } from "../domain/words.ts";

/** Folder names that say nothing about what is in them. */
const genericNames: readonly string[] = ["quadlet", "compose", "deploy"];

/** The stack's name: what `--stack` says, else the folder's name, else its parent's where that says nothing. */
export function chooseStackName(root: string, wanted: string | undefined): { readonly name: StackName } | { readonly issue: Issue } {
  const own = posix.basename(root);
  const name = wanted ?? (genericNames.includes(own) ? posix.basename(posix.dirname(root)) : own);
  if (isStackName(name)) return { name };
  const source = wanted === undefined ? `the folder's name gives ${JSON.stringify(name)}` : `it is ${JSON.stringify(wanted)}`;
  const message = `Cannot name the stack: ${source}, allowed are a-z 0-9 and -, at most 40, the first no dash.`;
  const remedy = wanted === undefined ? "Say the name with --stack NAME." : "Choose another --stack NAME.";
  return { issue: { severity: "error", code: "stack-name", message, remedy } };
}
