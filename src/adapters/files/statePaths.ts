import { isAbsolute, join } from "node:path";
import { PhoenixError } from "../../domain/errors.ts";
import { type GenerationNumber, isStackName, type StackName } from "../../domain/words.ts";

/** Where Phoenix keeps things (D3). Both homes are the user manager's: its generator reads the links, with its environment. */
export type StatePaths = {
  readonly stateHome: string;
  readonly configHome: string;
  /** `<state home>/phoenix`. */
  readonly stateRoot: string;
  readonly stacksPath: string;
  /** Folder of the live links, inside containers/systemd. */
  readonly linksPath: string;
  /** Folder for links being made: on the same file system, but where the generator does not look. */
  readonly scratchPath: string;
  readonly stack: (stack: StackName) => StackPaths;
};

export type StackPaths = {
  readonly folder: string;
  readonly generationsPath: string;
  readonly filesPath: string;
  readonly historyPath: string;
  readonly livePath: string;
  readonly generation: (number: GenerationNumber) => string;
  readonly units: (number: GenerationNumber) => string;
};

/** The homes as an environment gives them; a relative or empty one does not count. */
export function homesOf(
  environment: Readonly<Record<string, string | undefined>>,
  homePath: string,
): { stateHome: string; configHome: string } {
  const home = (name: string, usual: string): string => {
    const value = environment[name];
    return value !== undefined && isAbsolute(value) ? value : join(homePath, usual);
  };
  return { stateHome: home("XDG_STATE_HOME", ".local/state"), configHome: home("XDG_CONFIG_HOME", ".config") };
}

export function statePaths({ stateHome, configHome }: { readonly stateHome: string; readonly configHome: string }): StatePaths {
  const stateRoot = join(stateHome, "phoenix");
  const stacksPath = join(stateRoot, "stacks");
  const linksPath = join(configHome, "containers", "systemd", "phoenix");
  return {
    stateHome,
    configHome,
    stateRoot,
    stacksPath,
    linksPath,
    scratchPath: join(configHome, "phoenix"),
    stack: (stack) => {
      // The name becomes part of paths: whoever reads one from a bus or a file comes through here.
      if (!isStackName(stack)) throw new PhoenixError("stack-name", `Cannot use ${JSON.stringify(stack)}: it is not a stack's name.`);
      const folder = join(stacksPath, stack);
      const generation = (number: GenerationNumber): string => join(folder, "generations", folderName(number));
      return {
        folder,
        generationsPath: join(folder, "generations"),
        filesPath: join(folder, "files"),
        historyPath: join(folder, "history.jsonl"),
        livePath: join(linksPath, stack),
        generation,
        units: (number) => join(generation(number), "units"),
      };
    },
  };
}

/** `0008`. */
export function folderName(number: GenerationNumber): string {
  return String(number).padStart(4, "0");
}

/** 8 for `0008`, undefined for every other name. */
export function folderNumber(name: string): GenerationNumber | undefined {
  return /^(?!0+$)(?:\d{4}|[1-9]\d{4,8})$/u.test(name) ? Number(name) : undefined;
}
