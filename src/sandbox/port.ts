import type { Sandbox } from "../ports/sandbox.ts";
import { makeBaseImages } from "./base-images.ts";
import { sandboxDown } from "./down.ts";
import { sandboxRun } from "./run.ts";
import { sandboxStatus } from "./status.ts";
import { sandboxUp } from "./up.ts";

/** The default sandbox, as the command line asks for it. */
export const sandbox: Sandbox = {
  up: sandboxUp,
  run: sandboxRun,
  down: sandboxDown,
  status: sandboxStatus,
  // Which of them are stand-ins is said as progress.
  images: async (options) => void (await makeBaseImages(options)),
};
