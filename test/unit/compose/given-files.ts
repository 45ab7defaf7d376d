import { type ComposeNode, nodeAt, plain } from "../../../src/compose/node.ts";
import { type ComposeInput, type ComposeProject, type ComposeRead, readCompose } from "../../../src/compose/read.ts";
import type { Issue } from "../../../src/domain/errors.ts";
import { showPlace } from "../../../src/domain/errors.ts";

export const folder = "/srv/shop";

type More = Partial<Omit<ComposeInput, "texts" | "env">> & { readonly env?: Readonly<Record<string, string>> };

/** Reads as the shell does: whatever is wanted is answered from `files`, whose names count from the project folder. */
export function read(files: Readonly<Record<string, string>> | string, more: More = {}): ComposeRead {
  const given = new Map(
    Object.entries(typeof files === "string" ? { "compose.yaml": files } : files).map(([name, text]) => [
      name.startsWith("/") ? name : `${folder}/${name}`,
      text,
    ]),
  );
  const texts = new Map<string, string | null>();
  for (;;) {
    const result = readCompose({
      files: [`${folder}/compose.yaml`],
      envFiles: undefined,
      profiles: [],
      project: undefined,
      ...more,
      texts,
      env: new Map(Object.entries(more.env ?? {})),
    });
    if (!("wants" in result)) return result;
    const fresh = result.wants.filter((path) => !texts.has(path));
    if (fresh.length === 0) throw new Error("Reading wants again what it was given.");
    for (const path of fresh) texts.set(path, given.get(path) ?? null);
  }
}

/** The project of files that have no fault; warnings are allowed. */
export function project(files: Readonly<Record<string, string>> | string, more: More = {}): ComposeProject {
  const result = read(files, more);
  if (result.project === undefined) throw new Error(told(result.issues).join("\n"));
  return result.project;
}

/** What stands at a path of the merged project, as plain data that compares with literals. */
export function valueAt(from: ComposeProject | ComposeNode, ...path: readonly (string | number)[]): unknown {
  const node = nodeAt("root" in from ? from.root : from, path);
  return node === undefined ? undefined : JSON.parse(JSON.stringify(plain(node)));
}

export function told(issues: readonly Issue[]): readonly string[] {
  return issues.map(({ severity, code, message, place }) => `${showPlace(place)} ${severity} ${code}: ${message}`);
}

/** Only the places and codes. */
export function found(files: Readonly<Record<string, string>> | string, more: More = {}): readonly string[] {
  return read(files, more).issues.map(({ code, place }) => `${showPlace(place)} ${code}`);
}
