import type { Register } from "./program.ts";
import { registerProcesses } from "./verbs/processes.ts";
import { registerSandbox } from "./verbs/sandbox.ts";

/** Every verb, in the order of `phoenix --help`. */
export const verbs: readonly Register[] = [registerSandbox, registerProcesses];
