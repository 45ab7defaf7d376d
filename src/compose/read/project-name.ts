/** What a project is called: `--project`, else COMPOSE_PROJECT_NAME, else `name:`, else the folder; always fit to be a stack's name. */
import { posix } from "node:path";
import { isStackName } from "../../domain/words.ts";
import { entryOf, type MapNode } from "../node.ts";
import { interpolate } from "./interpolate.ts";
import type { Reading } from "./reading.ts";
import type { Variables } from "./variables.ts";

const variable = "COMPOSE_PROJECT_NAME";
/** Folder names that say nothing about what is in them. */
const genericNames: readonly string[] = ["quadlet", "compose", "deploy", "docker"];

/** `documents`: those of the files that were named, in order; the last `name:` counts. Undefined where none of it gives a name. */
export function projectName(reading: Reading, documents: readonly MapNode[], variables: Variables): string | undefined {
  const { project } = reading.input;
  for (const entry of documents.flatMap((document) => entryOf(document, "name") ?? []))
    if (entry.value.kind !== "scalar") reading.refuse("stack-name", "`name` must be a word.", entry.keyPlace);
  if (project !== undefined) {
    if (isStackName(project)) return project;
    reading.refuse(
      "stack-name",
      `Cannot name the project ${JSON.stringify(project)}: allowed are a-z 0-9 and -, at most 40, the first no dash.`,
    );
    return undefined;
  }
  const found = wishedName(reading, documents, variables);
  const name = fitName(found?.text ?? "");
  if (found !== undefined && isStackName(name)) {
    if (name !== found.text)
      reading.warn("stack-name", `The project is called ${name}: its own name has characters that a stack's cannot have.`, found.place);
    return name;
  }
  const own = posix.basename(reading.folder);
  const folder = fitName(genericNames.includes(own) ? posix.basename(posix.dirname(reading.folder)) : own);
  if (found === undefined && isStackName(folder)) return folder;
  const message =
    found === undefined
      ? `Cannot name the project after the folder ${JSON.stringify(own)}.`
      : "The project's name has no letter or digit that a stack's can have.";
  reading.refuse("stack-name", message, found?.place);
  return undefined;
}

function wishedName(reading: Reading, documents: readonly MapNode[], variables: Variables) {
  const given = variables.get(variable);
  if (given !== undefined && given.value !== "") return { text: given.value, place: undefined };
  const node = documents
    .map((document) => entryOf(document, "name")?.value)
    .findLast((value) => value?.kind === "scalar" && value.text !== "");
  if (node?.kind !== "scalar") return undefined;
  const text = interpolate(node.text, { reading, place: node.place, secret: false, lookup: (name) => variables.get(name) });
  return text === "" ? undefined : { text, place: node.place };
}

/** Compose allows `_`, and takes capitals and other characters out of a folder's name without a word. */
function fitName(text: string): string {
  return text
    .toLowerCase()
    .replace(/[\s_.]+/gu, "-")
    .replace(/[^a-z0-9-]/gu, "")
    .replace(/^-+/u, "")
    .slice(0, 40)
    .replace(/-+$/u, "");
}

/** What `${COMPOSE_PROJECT_NAME}` stands for. */
export function withProjectName(variables: Variables, name: string): Variables {
  return new Map([...variables, [variable, { value: name, from: "environment" }]]);
}
