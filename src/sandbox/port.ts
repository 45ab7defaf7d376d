import { PhoenixError } from "../domain/errors.ts";
import type { Sandbox } from "../ports/sandbox.ts";
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
  images: () => Promise.reject(new PhoenixError("sandbox-unsupported", "Stand-in images are not made yet.")),
};
