import { readdir, readFile } from "node:fs/promises";

/**
 * The mirror this host already uses for Debian packages, so that the sandbox works wherever apt works. Undefined = let mmdebstrap
 * take its own default. Reads both the one-line and the deb822 style; a host that is not Debian (Ubuntu's archive) is no help.
 */
export async function hostMirror(aptPath = "/etc/apt"): Promise<string | undefined> {
  const listed = await readdir(`${aptPath}/sources.list.d`).catch(() => []);
  const files = [
    `${aptPath}/sources.list`,
    ...listed.filter((name) => /\.(list|sources)$/.test(name)).map((name) => `${aptPath}/sources.list.d/${name}`),
  ];
  for (const file of files) {
    const text = await readFile(file, "utf8").catch(() => "");
    const found = debianMirror(text);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The first archive address of an apt source file whose path ends in /debian; comments are skipped. */
export function debianMirror(text: string): string | undefined {
  for (const line of text.split("\n")) {
    const match = /^(?:URIs:|deb\s+(?:\[[^\]]*\]\s+)?)\s*(https?:\/\/\S+\/debian)\/?(?:\s|$)/.exec(line);
    if (match?.[1] !== undefined) return match[1];
  }
  return undefined;
}
