import type { GeneratedUnit } from "../../ports/machine.ts";

/**
 * Sorts what `systemd-analyze verify` printed into lines that name one of our units and lines about other people's, which it also
 * looks at when ours refer to them. The exit code tells nothing: it is 0 for a misspelt key.
 */
export function splitFindings(
  lines: readonly string[],
  units: readonly GeneratedUnit[],
): { readonly messages: readonly string[]; readonly foreign: readonly string[] } {
  const names = units.map(({ service }) => service);
  const isOurs = (line: string): boolean => {
    // "Failed to prepare filename": about the call itself, so about all of them.
    const mentioned = line.match(/[\w@.\\:-]+\.(?:service|target|socket|timer|mount|slice|scope|path|device)\b/gu) ?? [];
    return mentioned.length === 0 || mentioned.some((word) => names.includes(word.replace(/:+$/u, "")));
  };
  return { messages: lines.filter(isOurs), foreign: lines.filter((line) => !isOurs(line)) };
}
