import { readFileSync } from "node:fs";

/** A task as `.vscode/tasks.json` has it. */
export type EditorTask = {
  readonly label: string;
  readonly type: "npm" | "shell";
  readonly script?: string;
  readonly command?: string;
  readonly isBackground?: boolean;
  readonly options?: { readonly cwd: string };
};
export type EditorInput = { readonly id: string; readonly options: readonly string[]; readonly default: string };

/** JSON with comments on lines of their own. */
const text = readFileSync(".vscode/tasks.json", "utf8").replaceAll(/^\s*\/\/.*$/gmu, "");

export const { tasks: editorTasks, inputs: editorInputs } = JSON.parse(text) as {
  readonly tasks: readonly EditorTask[];
  readonly inputs: readonly EditorInput[];
};
