/** Which files a folder's Compose project consists of when none is named. */

/** In this order; the first one that is there counts. */
export const composeFileNames: readonly string[] = ["compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml"];

const overrideFileNames: readonly string[] = composeFileNames.map((name) => name.replace(/\.(ya?ml)$/u, ".override.$1"));

/** The main file of a folder that holds these names, and the override file that belongs to it; none where there is no main file. */
export function usualComposeFiles(names: readonly string[]): readonly string[] {
  const main = composeFileNames.find((name) => names.includes(name));
  if (main === undefined) return [];
  const override = overrideFileNames.find((name) => names.includes(name));
  return override === undefined ? [main] : [main, override];
}
