import type { Register } from "./program.ts";
import { registerBuild } from "./verbs/build.ts";
import { registerCompletion } from "./verbs/completion.ts";
import { registerDeploy } from "./verbs/deploy.ts";
import { registerExport } from "./verbs/export.ts";
import { registerHistory } from "./verbs/history.ts";
import { registerImport } from "./verbs/import.ts";
import { registerLogs } from "./verbs/logs.ts";
import { registerPlan } from "./verbs/plan.ts";
import { registerProcesses } from "./verbs/processes.ts";
import { registerRollback } from "./verbs/rollback.ts";
import { registerSandbox } from "./verbs/sandbox.ts";
import { registerStatus } from "./verbs/status.ts";
import { registerTeardown } from "./verbs/teardown.ts";
import { registerVerify } from "./verbs/verify.ts";
import { registerVolumes } from "./verbs/volumes.ts";

/** Every verb, in the order of `phoenix --help`. */
export const verbs: readonly Register[] = [
  registerPlan,
  registerBuild,
  registerDeploy,
  registerStatus,
  registerVerify,
  registerLogs,
  registerHistory,
  registerRollback,
  registerTeardown,
  registerVolumes,
  registerImport,
  registerExport,
  registerSandbox,
  registerCompletion,
  registerProcesses,
];
