/** Compose files read and converted as the program does it. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Conversion, type ConvertOptions, convertCompose } from "../../../src/compose/convert.ts";
import { type ComposeRead, readCompose } from "../../../src/compose/read.ts";

/** The compose.yaml of a folder, as project `shop`. What reading has to say is among the issues. */
export function convertFolder(folder: string, options: Partial<ConvertOptions> = {}): Conversion {
  const texts = new Map<string, string | null>();
  return finish(readAll(join(folder, "compose.yaml"), texts, readText), options);
}

/** The same for a text. */
export function convertText(text: string, options: Partial<ConvertOptions> = {}): Conversion {
  const file = "/home/me/shop/compose.yaml";
  return finish(
    readAll(file, new Map([[file, text]]), () => null),
    options,
  );
}

function readAll(file: string, texts: Map<string, string | null>, read: (path: string) => string | null): ComposeRead {
  for (;;) {
    const answer = readCompose({ files: [file], texts, env: new Map(), envFiles: undefined, profiles: ["*"], project: "shop" });
    if (!("wants" in answer)) return answer;
    for (const path of answer.wants) texts.set(path, read(path));
  }
}

function readText(path: string): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return null;
  }
}

function finish({ project, issues }: ComposeRead, options: Partial<ConvertOptions>): Conversion {
  if (project === undefined) throw new Error(issues.map((issue) => issue.message).join("\n"));
  const converted = convertCompose(project, { secrets: false, allowRisky: false, strict: false, ...options });
  return { ...converted, issues: [...issues, ...converted.issues] };
}
