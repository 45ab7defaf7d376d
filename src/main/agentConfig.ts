import { homedir } from "node:os";
import { join } from "node:path";
import { homesOf } from "../adapters/files/statePaths.ts";
import { folderNames, readTextFile } from "../adapters/files/textFile.ts";
import { type AgentConfig, type ConfigFile, defaultConfig, readConfig } from "../agent/config.ts";
import { showPlace } from "../domain/errors.ts";
import type { Schedule } from "../ports/schedule.ts";
import type { Journal } from "../ports/store.ts";

/**
 * `~/.config/phoenix/config.yaml`, and before it the files of `config.d`: those are for programs, so that the person's own file has the
 * last word and nobody else writes to it. A mistake is told loudly and ends nothing: a watchdog that dies of a typo is none.
 */
export async function loadConfig(schedule: Schedule, journal: Journal): Promise<AgentConfig> {
  try {
    const { config, issues } = readConfig(await configFiles(), schedule.problem);
    for (const { place, message } of issues) journal.say(3, `${showPlace(place)}: ${message} The defaults count until it is corrected.`);
    return config;
  } catch (error) {
    journal.say(3, `${error instanceof Error ? error.message : String(error)} The defaults count.`);
    return defaultConfig;
  }
}

async function configFiles(): Promise<readonly ConfigFile[]> {
  const folder = join(homesOf(process.env, homedir()).configHome, "phoenix");
  const added = (await folderNames(join(folder, "config.d"))).filter((name) => name.endsWith(".yaml")).map((name) => `config.d/${name}`);
  const files: ConfigFile[] = [];
  for (const name of [...added, "config.yaml"]) {
    const file = join(folder, name);
    const text = await readTextFile(file);
    if (text !== undefined) files.push({ file, text });
  }
  return files;
}

const priorities = { error: 3, warning: 4, notice: 5, info: 6, debug: 7 } as const satisfies Record<AgentConfig["log"], number>;

/** The journal without the lines that the config finds too unimportant. Events of the ledger are always journalled. */
export function levelled(journal: Journal): { readonly journal: Journal; readonly setLevel: (level: AgentConfig["log"]) => void } {
  let most: number = priorities.info;
  return {
    journal: {
      event: journal.event,
      say: (priority, message, fields) => {
        if (priority <= most) journal.say(priority, message, fields);
      },
    },
    setLevel: (level) => {
      most = priorities[level];
    },
  };
}
